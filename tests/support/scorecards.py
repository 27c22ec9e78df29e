"""A provider's table of fields, held against what its mapping really gave.

``FIELDS`` of ``providers.<name>.fields`` says for each unified model which fields are given, and
from what: the wire's own path, or ``= ...`` for what is derived. What is not named is not given.
"""

from collections.abc import Iterable

from scorecard import MODELS, fields_of, told_fields

from pierre_mcp.models.base import Model


def differences(provider: str, records: Iterable[Model]) -> list[str]:
    """Where the table and the records disagree; ``records`` are mapped from the fixtures.

    A field that is told has to be there in at least one record, one that is not told in none.
    """
    told, seen = fields_of(provider), list(records)
    known = {model.__name__ for model in MODELS}
    wrong = [f"{name} is no unified model" for name in told if name not in known]
    for model in MODELS:
        fields = told.get(model.__name__, {})
        of_model = [record for record in seen if type(record) is model]
        if fields and not of_model:
            wrong.append(f"no {model.__name__} was mapped")
        wrong += [
            f"{model.__name__}.{f} is no field" for f in fields if f not in told_fields(model)
        ]
        for field in told_fields(model):
            given = any(_is_known(field, getattr(record, field)) for record in of_model)
            if of_model and given != (field in fields):
                wrong.append(f"{model.__name__}.{field}: {'given' if given else 'never given'}")
    return wrong


def _is_known(field: str, value: object) -> bool:
    # A night that is no nap is what the model assumes of every night.
    return value is not None and (field, value) != ("is_nap", False)
