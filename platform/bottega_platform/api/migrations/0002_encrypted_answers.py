"""Forget the answers that were stored as plain text: some held the secret of a new token."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial")]
    operations = [migrations.RunSQL("DELETE FROM api_storedanswer", migrations.RunSQL.noop)]
