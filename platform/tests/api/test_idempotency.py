"""Idempotency keys: one effect, one answer, whatever happens in between."""

import threading
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import connection, transaction
from django.utils import timezone

from bottega_platform.api import idempotency
from bottega_platform.api.models import StoredAnswer
from bottega_platform.api.testing import client_as, client_of, make_project, make_user
from bottega_platform.projects.models import Project, Role
from bottega_platform.sources.models import Upload


@pytest.mark.django_db
def test_the_same_key_and_body_give_the_same_answer_and_one_effect():
    client = client_of(make_user("ada"))
    first = client.post("/projects", {"slug": "demand"}, Idempotency_Key="k1")
    again = client.post("/projects", {"slug": "demand"}, Idempotency_Key="k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Location"] == first["Location"]
    assert again["ETag"] == first["ETag"]
    assert again["Idempotent-Replayed"] == "true"
    assert Project.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_refused():
    client = client_of(make_user("ada"))
    client.post("/projects", {"slug": "demand"}, Idempotency_Key="k1")
    for path, body in (("/projects", {"slug": "supply"}), ("/tokens", {"name": "x"})):
        answer = client.post(path, body, Idempotency_Key="k1")
        assert answer.status_code == 422
        assert answer.json()["code"] == "key_reused"


@pytest.mark.django_db
def test_the_same_key_with_another_file_of_the_same_length_is_refused():
    client = client_as(Role.EDITOR, make_project())
    address = "/projects/harbour/uploads?filename=a.csv"
    first = client.send("POST", address, raw=b"a,b\n1,2\n", Idempotency_Key="k1")
    other = client.send("POST", address, raw=b"a,b\n3,4\n", Idempotency_Key="k1")
    again = client.send("POST", address, raw=b"a,b\n1,2\n", Idempotency_Key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert (again.status_code, again.content) == (201, first.content)
    assert Upload.objects.count() == 1


@pytest.mark.django_db
def test_a_secret_that_is_shown_once_is_never_stored_as_text():
    client = client_of(make_user("ada"))
    first = client.post("/tokens", {"name": "laptop"}, Idempotency_Key="k1")
    again = client.post("/tokens", {"name": "laptop"}, Idempotency_Key="k1")
    assert again.json()["secret"] == first.json()["secret"]
    stored = bytes(StoredAnswer.objects.get().body)
    assert first.json()["secret"].encode() not in stored
    assert b"laptop" not in stored


@pytest.mark.django_db
def test_after_a_change_of_the_secret_key_a_replay_says_so():
    client = client_of(make_user("ada"))
    client.post("/projects", {"slug": "demand"}, Idempotency_Key="k1")
    number = StoredAnswer.objects.update(body=Fernet(Fernet.generate_key()).encrypt(b"{}"))
    answer = client.post("/projects", {"slug": "demand"}, Idempotency_Key="k1")
    assert (number, answer.status_code, answer.json()["code"]) == (1, 409, "conflict")


@pytest.mark.django_db
def test_a_key_belongs_to_one_user():
    client_of(make_user("ada")).post("/projects", {"slug": "demand"}, Idempotency_Key="k1")
    assert client_of(make_user("bob")).post("/projects", {"slug": "bobs"}, Idempotency_Key="k1").status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["k" * 256, "a\tb", ""])
def test_a_key_that_is_too_long_or_odd_is_refused(key):
    answer = client_of(make_user("ada")).post("/projects", {"slug": "demand"}, Idempotency_Key=key)
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_idempotency_key"


@pytest.mark.django_db
def test_a_refused_request_leaves_its_key_free():
    client = client_of(make_user("ada"))
    assert client.post("/projects", {"slug": "BAD"}, Idempotency_Key="k1").status_code == 422
    assert client.post("/projects", {"slug": "good"}, Idempotency_Key="k1").status_code == 201


@pytest.mark.django_db
def test_an_answer_is_kept_for_a_day():
    client = client_of(make_user("ada"))
    client.post("/projects", {"slug": "demand"}, Idempotency_Key="k1")
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    answer = client.post("/projects", {"slug": "demand"}, Idempotency_Key="k1")
    assert answer.status_code == 409
    assert answer.json()["code"] == "name_taken"


@pytest.mark.django_db(transaction=True)
def test_a_second_request_while_the_first_runs_is_told_to_wait():
    user = make_user("ada")
    client = client_of(user)
    number = idempotency._lock_number(user.pk, "k1")
    held, done = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
            held.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    held.wait(10)
    answer = client.post("/projects", {"slug": "demand"}, Idempotency_Key="k1")
    done.set()
    thread.join()
    assert answer.status_code == 409
    assert answer.json()["code"] == "in_progress"
    assert answer["Retry-After"] == "1"
    assert client.post("/projects", {"slug": "demand"}, Idempotency_Key="k1").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_key_have_one_effect():
    user = make_user("ada")
    token = client_of(user).token
    statuses: list[int] = []

    def send() -> None:
        from bottega_platform.api.testing import ApiClient

        statuses.append(ApiClient(token).post("/projects", {"slug": "demand"}, Idempotency_Key="k1").status_code)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert Project.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_crash_before_the_commit_leaves_neither_effect_nor_answer(monkeypatch):
    client = client_of(make_user("ada"))

    def crash(*_args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(idempotency, "_store", crash)
    assert client.post("/projects", {"slug": "demand"}, Idempotency_Key="k1").status_code == 500
    assert not Project.objects.exists()
    monkeypatch.undo()
    assert client.post("/projects", {"slug": "demand"}, Idempotency_Key="k1").status_code == 201
