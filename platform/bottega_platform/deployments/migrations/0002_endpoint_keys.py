import bottega_platform.api.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def keep_keys(apps, schema_editor):
    """The hashes that an endpoint held become rows."""
    endpoints = apps.get_model('deployments', 'Endpoint')
    keys = apps.get_model('deployments', 'EndpointKey')
    for endpoint in endpoints.objects.exclude(key_hashes=[]):
        for digest in endpoint.key_hashes:
            keys.objects.create(endpoint=endpoint, name='first', digest=digest, created_by_id=endpoint.created_by_id)


class Migration(migrations.Migration):

    dependencies = [
        ('deployments', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EndpointKey',
            fields=[
                ('id', bottega_platform.api.fields.IdField(id_kind='endpoint_key', serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('hint', models.CharField(blank=True, default='', max_length=4)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='deployments.endpoint')),
            ],
        ),
        migrations.RunPython(keep_keys, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='endpoint',
            name='key_hashes',
        ),
    ]
