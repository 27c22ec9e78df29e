"""Garmin Connect for one person, by the key that they make there: activities, files, days.

This module is data and a factory only; ``api`` makes the calls, ``listing`` knows where a list goes
on, ``mapping``, ``days`` and ``recorded`` turn what comes back into unified values.
"""

from datetime import date

from pierre_mcp.spi import (
    ApiKey,
    Connection,
    KeyExchange,
    ProviderCapabilities,
    ProviderConfig,
    ProviderDescriptor,
    RateLimits,
    SingleProviderFactory,
    Terms,
    Upcoming,
    Verification,
)


def review(config: ProviderConfig) -> str | None:
    """What is said to an operator who configures an application: there is none to configure."""
    if config.client_id is None:
        return None
    return (
        "PIERRE_GARMIN_CLIENT_ID belongs to Garmin's partner programme, which is for companies, "
        "only pushes data and is not supported yet. Unset it, and connect with a personal API key "
        "from Garmin Connect instead."
    )


DESCRIPTOR = ProviderDescriptor(
    name="garmin",
    display_name="Garmin Connect",
    capabilities=ProviderCapabilities.full_health() & ~ProviderCapabilities.OAUTH,
    verified=Verification(against="specification", date=date(2026, 11, 25)),
    connection=Connection.API_KEY,
    api_key=ApiKey(
        where="Sign in to Garmin Connect in a browser (the app cannot do it), make a personal API "
        "key, choose how long it lives, and copy it at once: it is shown only then.",
        url="https://connect.garmin.com/app/settings/personalApiToken",
        lives_days=(30, 90, 180, 365),
        # A token lives for 24 hours by its own claim. There is no refresh and no revocation: the
        # person deletes the key where it was made. (The vendor's own client, seen 2026-11.)
        exchange=KeyExchange(
            path="/personalapitoken-service/personal-api/personal-api-key/token",
            scheme="ApiKey",
            token_life_seconds=86_400,
        ),
    ),
    # Accounts in China have keys and a host of their own, personal.connectapi.garmin.cn, for the
    # operator's api_base_url; it did not answer in 2026-10 (one public source, seen 2026-11).
    # No limits are published; twelve requests at once were answered 429 (one public integration,
    # 2026-10).
    rate_limits=RateLimits(at_once_per_person=2),
    api_base_url="https://personal.connectapi.garmin.com",
    limitations=(
        "No training readiness, training status or devices; records are found in the activities.",
        "VO2max is the newest activity's that has one, and fitness age is today's: no history.",
        "On a day without a resting heart rate, Garmin tells the day's lowest in its place.",
        "Laps, streams, zones and the device come from the file; what was typed in has none.",
        "A multisport activity stands as a whole in lists, and names its legs with its streams.",
        "Calories of an activity include what the body needs at rest.",
        "Training load is Garmin's own, from heart rate; it is not TSS.",
        "Stages of sleep are totals, without a timeline.",
        "Body Battery is told as the day's highest and lowest level, not as a recovery score.",
        "Disconnecting cannot delete the key: that is done in Garmin Connect.",
    ),
    terms=Terms(
        source="Garmin's pages on the Personal API, https://developer.garmin.com",
        read=date(2026, 11, 25),
        personal="For personal, non-commercial use of one's own data only.",
    ),
    upcoming=(
        # Garmin's letter to partners, as several public integrations quote it (seen 2026-11).
        Upcoming(
            date=date(2026, 12, 31),
            what="the partner programme ends OAuth 1; the personal API used here never had it.",
        ),
    ),
    review=review,
)

factory = SingleProviderFactory(DESCRIPTOR, "providers.garmin.api:GarminProvider")
