"""Models and migrations agree, and a database can be made from nothing."""

from __future__ import annotations

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor

from tests.house.tree import APPS

OUR_MODELS = [model for model in apps.get_models() if model._meta.app_label in APPS]


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    output = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=output, stderr=output)
    except SystemExit:
        pytest.fail(output.getvalue())


@pytest.mark.django_db
def test_everything_is_migrated() -> None:
    """The test database was made from empty by the migrations, on whichever database this is."""
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    assert {model._meta.db_table for model in OUR_MODELS} <= tables


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model._meta.label)
def test_a_row_shows_itself_in_words(model: type[models.Model]) -> None:
    assert model.__str__ is not models.Model.__str__
