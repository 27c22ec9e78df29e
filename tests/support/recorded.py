"""Recordings made up for tests, and folders full of them."""

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fit_writer as fit

START = datetime(2026, 4, 1, 6, 30, tzinfo=UTC)


def fit_ride(number: int = 0, **session) -> bytes:
    """Two minutes on a bike; each number a day later."""
    return fit.file(fit.file_id(), fit.ride(START + timedelta(days=number), **session))


def gpx_run(number: int = 0, name: str = "Morning") -> bytes:
    """A minute on foot, without heart rate, power or calories."""
    begin = START + timedelta(days=number, hours=2)
    points = "".join(
        f'<trkpt lat="{47 + i * 0.00003:.6f}" lon="8.0"><ele>{400 + i / 20}</ele>'
        f"<time>{(begin + timedelta(seconds=i)).isoformat()}</time></trkpt>"
        for i in range(60)
    )
    return (
        '<gpx version="1.1" creator="Trail Watch" xmlns="http://www.topografix.com/GPX/1/1">'
        f"<trk><name>{name}</name><type>running</type><trkseg>{points}</trkseg></trk></gpx>"
    ).encode()


def tcx_ride(number: int = 0) -> bytes:
    """A minute on a bike with heart rate."""
    begin = START + timedelta(days=number, hours=4)
    track = "".join(
        f"<Trackpoint><Time>{(begin + timedelta(seconds=i)).isoformat()}</Time>"
        f"<DistanceMeters>{i * 7.5}</DistanceMeters>"
        f"<HeartRateBpm><Value>{130 + i % 10}</Value></HeartRateBpm></Trackpoint>"
        for i in range(60)
    )
    return (
        '<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">'
        f'<Activities><Activity Sport="Biking"><Id>{begin.isoformat()}</Id>'
        f'<Lap StartTime="{begin.isoformat()}"><TotalTimeSeconds>60</TotalTimeSeconds>'
        f"<DistanceMeters>450</DistanceMeters><Track>{track}</Track></Lap>"
        "</Activity></Activities></TrainingCenterDatabase>"
    ).encode()


def fit_weighing(number: int = 0, kilograms: float = 61.0) -> bytes:
    """A morning on the scale."""
    moment = fit.seconds(START + timedelta(days=number))
    weighing = {"timestamp": moment, "weight": round(kilograms * 100), "percent_fat": 1800}
    return fit.file(fit.file_id(9), fit.message(fit.WEIGHT, weighing))


def fit_morning(number: int = 0) -> bytes:
    """What a watch notes overnight: resting heart rate of the day and of the week, and HRV."""
    moment = fit.seconds(START + timedelta(days=number))
    heart = {"timestamp": moment, "resting": 50, "day_resting": 47}
    hrv = {"timestamp": moment, "weekly": 60 * 128, "last_night": 64 * 128}
    return fit.file(
        fit.file_id(32), fit.message(fit.MONITORING_HR, heart), fit.message(fit.HRV_STATUS, hrv)
    )


def put(folder: Path, path: str, content: bytes, *, age_days: float = 0) -> Path:
    """A file below the folder, packed when its name ends in .gz, changed that long ago."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(content) if path.endswith(".gz") else content)
    then = datetime(2026, 5, 1, tzinfo=UTC).timestamp() - age_days * 86_400
    os.utime(file, (then, then))
    return file


EXPORT_HEADINGS = {
    "English": "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,"
    "Elapsed Time,Distance,Commute,Activity Gear,Filename,Elapsed Time",
    "German": "Aktivitäts-ID,Aktivitätsdatum,Name der Aktivität,Aktivitätsart,"
    "Aktivitätsbeschreibung,Verstrichene Zeit,Distanz,Pendeln,Aktivitätsausrüstung,Dateiname,"
    "Verstrichene Zeit",
}


def strava_export(folder: Path, language: str = "English") -> None:
    """Laid out as the archive that one asks for: a table, and packed files with numbers."""
    put(folder, "activities/101.fit.gz", fit_ride(1))
    put(folder, "activities/102.gpx.gz", gpx_run(2, name="Recorded as this"))
    rows = [
        EXPORT_HEADINGS[language],
        '101,"Apr 2, 2026","Ride, with ""Ada""",Ride,,9,"1,2",,Road Bike,activities/101.fit.gz,9',
        '102,2026-04-03,Lunch loop,Run,"Two\nlines",9,1,,,activities/102.gpx.gz,9',
        "103,2026-04-04,Typed in,Yoga,,9,,,,,9",
    ]
    put(folder, "activities.csv", "\n".join(rows).encode())


def garmin_export(folder: Path) -> None:
    """Laid out as the account export: one table as JSON, and unpacked files elsewhere."""
    put(folder, "DI_CONNECT/DI-Connect-Uploaded-Files/part1/a@b_1.fit", fit_ride(1))
    begun = (START + timedelta(days=1)).timestamp() * 1000
    table = [{"summarizedActivitiesExport": [{"name": "Evening Spin", "startTimeGmt": begun}]}]
    where = "DI_CONNECT/DI-Connect-Fitness/ada_0_summarizedActivities.json"
    put(folder, where, json.dumps(table).encode())
