"""Each interface's answers, to the byte where API.md shows them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from dev.upstream.simulated import Simulated

Ask = Callable[..., dict[str, Any]]
DATA = "/www/DashboardService.svc/data"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_dashboard_answers_to_the_byte(client: Any, feed: Simulated) -> None:
    answer = client.get(DATA + "?area=demandActual&region=NI&datefrom=04-Nov-2023&dateto=04-Nov-2023+00:14")
    value = feed.value("SYSTEM_DEMAND", "NI", datetime(2023, 11, 4, tzinfo=UTC))
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-data-feed"] == "simulated"
    assert answer.text == (
        '{"ErrorMessage":null,"LastUpdated":"04-Nov-2023 00:00:00",'
        '"Rows":[{"EffectiveTime":"04-Nov-2023 00:00:00",'
        f'"FieldName":"SYSTEM_DEMAND","Region":"NI","Value":{value:.0f}' + '}],"Status":"Success"}'
    )


def test_chart_answers_to_the_byte(client: Any, feed: Simulated) -> None:
    query = "?region=ROI&chartType=default&dateRange=day&dateFrom=22-Nov-2026+12:00&dateTo=22-Nov-2026+12:00"
    answer = client.get("/www/api/chart/" + query + "&areas=solaractual,generationactual")
    sun, made = (feed.value(field, "ROI", NOON) for field in ("SOLAR_ACTUAL", "GEN_EXP"))
    assert answer.text == (
        '{"Rows":['
        f'{{"Value":{sun:.0f},"Region":"ROI",'
        '"EffectiveTime":"22-Nov-2026 12:00:00","FieldName":"SOLAR_ACTUAL"},'
        f'{{"EffectiveTime":"22-Nov-2026 12:00:00","FieldName":"GEN_EXP","Region":"ROI","Value":{made:.0f}}}'
        "]}"
    )
    assert client.get("/www/api/chart" + query + "&areas=solaractual,generationactual").text == answer.text


def test_vargen_answers_to_the_byte_in_its_wide_shape(client: Any, feed: Simulated) -> None:
    answer = client.get("/vargen/api/export/202611221200/202611221200/ALL/WIND?FORMAT=JSON")
    blown, planned = (feed.value(field, "ALL", NOON) for field in ("WIND_ACTUAL", "WIND_FCAST"))
    assert answer.text == (
        '{"ErrorMessage":null,"Rows":[{"Effective_Date":"22-11-2026 12:00:00",'
        f'"MW_ACTUAL":"{blown:.1f}","MW_FORECAST":"{planned:.1f}","Region":"ALL"}}],"Status":"Success"}}'
    )


def test_vargen_in_its_long_shape(serve: Callable[..., Any]) -> None:
    answer = serve(vargen_shape="long").get("/vargen/api/export/202611222000/202611222015/ROI/SOLAR").json()
    assert [(row["EffectiveTime"], row["FieldName"]) for row in answer["Rows"]] == [
        (f"22-Nov-2026 20:{minute}:00", field) for field in ("SOLAR_ACTUAL", "SOLAR_FCAST") for minute in ("00", "15")
    ]
    assert [row["Value"] for row in answer["Rows"]][1:] == [None, 0, 0]


def test_interconn_answers_to_the_byte(client: Any, feed: Simulated) -> None:
    answer = client.get("/interconn/api/Interconnector/202611221200/202611221200/ALL?format=json")
    rows = [
        '{"Effective_Date":"22-11-2026 12:00:00",'
        f'"Field_Name":"{field}","Value":{feed.value(field, "ALL", NOON):.0f}}}'
        for field in ("INTER_EWIC", "INTER_GRNLK", "INTER_MOYLE", "INTER_NET")
    ]
    assert answer.text == '{"ErrorMessage":null,"Rows":[' + ",".join(rows) + '],"Status":"Success"}'


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("ALL", [("INTER_EWIC", "ROI"), ("INTER_GRNLK", "ROI"), ("INTER_MOYLE", "NI"), ("INTER_NET", "ALL")]),
        ("ROI", [("INTER_EWIC", "ROI"), ("INTER_GRNLK", "ROI"), ("INTER_NET_ROI", "ROI")]),
        ("NI", [("INTER_MOYLE", "NI"), ("INTER_NET_NI", "NI")]),
    ],
)
def test_interconnection_has_one_field_after_the_other(
    client: Any, ask: Ask, region: str, expected: list[tuple[str, str]]
) -> None:
    rows = ask(client, "interconnection", region, "01-Nov-2026", "01-Nov-2026 23:59")["Rows"]
    assert [(row["FieldName"], row["Region"]) for row in rows[::96]] == expected
    for place in range(len(expected)):
        times = [row["EffectiveTime"] for row in rows[place * 96 : place * 96 + 96]]
        assert times == sorted(times)
        assert len(set(times)) == 96


def test_interconnection_before_greenlink_has_no_sums_by_region(client: Any, ask: Ask) -> None:
    fields = {
        region: {
            row["FieldName"] for row in ask(client, "interconnection", region, "01-Jan-2024", "02-Jan-2024")["Rows"]
        }
        for region in ("ALL", "ROI", "NI")
    }
    assert fields == {
        "ALL": {"INTER_EWIC", "INTER_MOYLE", "INTER_NET"},
        "ROI": {"INTER_EWIC"},
        "NI": {"INTER_MOYLE"},
    }


@pytest.mark.parametrize(
    ("area", "field", "decimals"),
    [("SnspALL", "SNSP_ALL", 4), ("frequency", "SYS_FREQUENCY", 2), ("co2Emission", "CO2_EMISSIONS", 0)],
)
def test_numbers_are_numbers_with_their_decimals(client: Any, ask: Ask, area: str, field: str, decimals: int) -> None:
    rows = ask(client, area, "ALL", "01-Nov-2026", "01-Nov-2026 02:00")["Rows"]
    assert {row["FieldName"] for row in rows} == {field}
    assert {row["Region"] for row in rows} == {"ALL"}
    for value in (row["Value"] for row in rows if row["Value"] is not None):
        assert isinstance(value, float if decimals else int)
        assert round(value, decimals) == value


@pytest.mark.parametrize("region", ["ROI", "NI", "ALL"])
def test_fuel_mix_is_one_snapshot_of_the_current_quarter_hour(client: Any, feed: Simulated, region: str) -> None:
    asked = client.get(f"{DATA}?area=FuelMix&region={region}&datefrom=nonsense").json()
    fuels = {row["FieldName"]: row["Value"] for row in asked["Rows"]}
    assert {row["EffectiveTime"] for row in asked["Rows"]} == {"22-Nov-2026 20:00:00"}
    assert list(fuels) == sorted(fuels)
    assert ("FUEL_COAL" in fuels) == (region != "NI")
    slot = datetime(2026, 11, 22, 20, tzinfo=UTC)
    assert all(value == feed.value(fuel, region, slot) for fuel, value in fuels.items())
    average = client.get(f"/www/api/average-fuel-mix/?area=fuelmix&region={region}&dateRange=day").json()
    assert average == asked
    chart = client.get(f"/www/api/chart/?region={region}&areas=fuelmix&dateFrom=22-Nov-2026&dateTo=22-Nov-2026").json()
    assert chart == {"Rows": asked["Rows"]}


@pytest.mark.parametrize("query", ["area=nonsense&region=ALL", "area=windactual&region=GB", "area=windactual", ""])
def test_dashboard_names_what_it_does_not_know(client: Any, query: str) -> None:
    answer = client.get(f"{DATA}?{query}&datefrom=01-Nov-2026&dateto=02-Nov-2026")
    assert answer.status_code == 200
    decoded = answer.json()
    assert isinstance(decoded.pop("ErrorMessage"), str)
    assert decoded == {"LastUpdated": None, "Rows": [], "Status": "Error"}


def test_chart_knows_no_error_form(client: Any) -> None:
    for query in (
        "region=GB&areas=windactual&dateFrom=01-Nov-2026&dateTo=01-Nov-2026",
        "areas=windactual",
        "",
    ):
        assert client.get(f"/www/api/chart/?{query}").text == '{"Rows":[]}'
    unknown = "region=ALL&areas=imbalancePrice,nonsense&dateFrom=01-Nov-2026&dateTo=01-Nov-2026"
    assert client.get(f"/www/api/chart/?{unknown}").text == '{"Rows":[]}'


def test_snsp_of_one_region_and_solar_on_the_old_service_are_empty(client: Any, ask: Ask) -> None:
    for area, region in (
        ("snspall", "ROI"),
        ("snspall", "NI"),
        ("solaractual", "ROI"),
        ("solarforecast", "ALL"),
    ):
        answer = ask(client, area, region, "01-Nov-2026", "02-Nov-2026")
        assert (answer["Status"], answer["Rows"]) == ("Success", [])


def test_exports_refuse_with_the_error_form(client: Any) -> None:
    for path in (
        "/vargen/api/export/202603010000/202604010000/ALL/WIND",
        "/vargen/api/export/202603010000/202603020000/ALL/TIDE",
        "/vargen/api/export/2026-03-01/202603020000/ALL/WIND",
        "/interconn/api/Interconnector/202603010000/202604010000/ALL",
        "/interconn/api/Interconnector/202603010000/202603020000/GB",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert (json.loads(answer.text)["Status"], json.loads(answer.text)["Rows"]) == ("Error", [])


def test_exports_with_nothing_yet_are_empty(client: Any) -> None:
    assert client.get("/vargen/api/export/202612010000/202612022359/ALL/WIND").json()["Rows"] == []
    assert client.get("/vargen/api/export/202504010000/202504020000/ALL/SOLAR").json()["Rows"] == []
    assert client.get("/interconn/api/Interconnector/202612010000/202612022359/ALL").json()["Rows"] == []


def test_solar_begins_in_may_2025(client: Any) -> None:
    query = "region=NI&areas=solaractual&dateRange=day&dateFrom=30-Apr-2025&dateTo=01-May-2025"
    rows = client.get(f"/www/api/chart/?{query}").json()["Rows"]
    assert len(rows) == 96
    assert rows[0]["EffectiveTime"] == "01-May-2025 00:00:00"


def test_snsp_begins_in_march_2021(client: Any, ask: Ask) -> None:
    rows = ask(client, "snspall", "ALL", "28-Feb-2021", "01-Mar-2021 23:59")["Rows"]
    assert (len(rows), rows[0]["EffectiveTime"]) == (48, "01-Mar-2021 00:00:00")
