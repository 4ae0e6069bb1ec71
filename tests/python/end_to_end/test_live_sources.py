"""Live sources from the command line: which are meant, what is printed, and mistakes in settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import TEST_KEY
from loads import query
from project import Plumbline
from stripe_server import KEY, StripeServer

from ingestion.errors import SettingsError
from ingestion.stripe_api import StripeAccount
from operations import sources
from operations.settings import read_files
from operations.sources import open_source


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dlt").mkdir()
    return tmp_path


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> list[StripeAccount]:
    """The accounts that were opened."""
    opened: list[StripeAccount] = []
    make = sources._stripe_account

    def note(name: str, values: Mapping[str, Any]) -> StripeAccount:
        opened.append(make(name, values))
        return opened[-1]

    monkeypatch.setattr(sources, "_stripe_account", note)
    return opened


def test_secrets_and_settings_of_several_accounts(folder: Path, accounts: list[StripeAccount], monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".dlt/config.toml").write_text(
        '[plumbline.stripe.eu]\ntenant = "clausewise"\noptional = ["disputes"]\npage = 50\nkey = "none"\n'
    )
    (folder / ".dlt/secrets.toml").write_text('[plumbline.stripe.eu]\nkey = "rk_eu"\n[plumbline.stripe.us]\nkey = "rk_us"\n')
    assert read_files()["stripe"]["eu"]["tenant"] == "clausewise"
    open_source("stripe")
    assert accounts == [StripeAccount("eu", "rk_eu", tenant="clausewise", optional=("disputes",), page=50), StripeAccount("us", "rk_us")]
    accounts.clear()
    monkeypatch.setenv("PLUMBLINE_STRIPE_KEY", "rk_main")
    monkeypatch.setenv("PLUMBLINE_STRIPE_WITHOUT", "payouts, refunds")
    monkeypatch.setenv("PLUMBLINE_STRIPE_OVERLAP_MINUTES", "90")
    open_source("stripe:main")
    assert accounts == [StripeAccount("main", "rk_main", without=("payouts", "refunds"), overlap=timedelta(minutes=90))]


@pytest.mark.parametrize(
    ("source", "secrets", "told"),
    [
        ("stripe", "", "PLUMBLINE_STRIPE_KEY"),
        ("stripe:uk", '[plumbline.stripe.eu]\nkey = "rk"', "[plumbline.stripe.uk]"),
        ("stripe", '[plumbline.stripe.eu]\ntenant = "one"', "lacks key"),
        ("stripe", '[plumbline.stripe.eu]\nkey = "rk"\nurls = "x"', "no setting urls"),
        ("stripe", '[plumbline.stripe]\nkey = "rk"', "is no section"),
        ("stripe", '[plumbline.stripe.eu]\nkey = "rk"\npage = "many"', "no whole number"),
        ("stripe", "[plumbline.stripe.eu]\nkey = rk", "not written in TOML"),
        ("database", "", "PLUMBLINE_LOGS_DSN"),
        ("database", '[plumbline.databases.a]\ndsn = "x://"\n[plumbline.databases.b]\ndsn = "x://"', "several databases"),
        ("database", '[plumbline.databases.a]\ndsn = "x://"\ntables = "visits"', "are no section"),
    ],
)
def test_mistaken_settings(folder: Path, source: str, secrets: str, told: str) -> None:
    (folder / ".dlt/secrets.toml").write_text(secrets)
    with pytest.raises(SettingsError) as raised:
        open_source(source)
    assert told in raised.value.message + raised.value.remedy
    assert "rk" not in raised.value.message + raised.value.remedy


def test_a_folder_is_no_source(folder: Path) -> None:
    assert [open_source(name) for name in ("landing", str(folder), "s3://bucket/stripe", "./stripe")] == [None] * 4


def test_a_database_is_called_by_its_address_without_its_password() -> None:
    dsn = "postgresql://reader:hunter2@db.example.com:5433/app"
    assert sources._place(dsn) == "db_example_com_5433_app"


def test_stripe_from_the_command_line(tmp_path: Path) -> None:
    plumbline = Plumbline(tmp_path, key=TEST_KEY)
    with StripeServer() as stripe:
        settings = {"PLUMBLINE_STRIPE_KEY": KEY, "PLUMBLINE_STRIPE_URL": stripe.url, "PLUMBLINE_STRIPE_TENANT": "mindmetric"}
        stripe.objects["customers"] = [{"id": "cus_1", "object": "customer", "created": 1767225600}]
        stripe.forbidden = {"payouts"}
        printed = plumbline.run("load", "payments", "--from", "stripe", **settings)
        assert "Not read from main: payouts; the key may not read them." in printed
        assert query(plumbline.database, "select tenant_id from raw_payments.customers") == [("mindmetric",)]
        assert plumbline.attempt("load", "logs", "--from", "stripe", **settings).returncode == 2
        assert plumbline.attempt("load", "--from", "landing", "--again", **settings).returncode == 2
        refused = plumbline.attempt("load", "--from", "stripe", **settings | {"PLUMBLINE_STRIPE_KEY": "sk_live_hunter2"})
        assert refused.returncode == 3
        assert "refuses the key" in refused.stderr
        assert "hunter2" not in refused.stderr + refused.stdout


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    plumbline = Plumbline(tmp_path, key=TEST_KEY)
    finished = plumbline.attempt("load", "--from", "postgresql://reader:hunter2@127.0.0.1:9/app")
    assert finished.returncode == 4
    assert "does not answer" in finished.stderr
    assert "hunter2" not in finished.stderr + finished.stdout
