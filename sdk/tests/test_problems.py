from bottega.problems import MAX_ERRORS, DataProblem, Fault


def test_a_problem_document_has_a_type_a_code_and_its_extra_members_at_the_top() -> None:
    error = DataProblem("Fix row 3.", code="row_length", errors=[Fault("row_length", "4 fields", row=3)], got="a,b")
    document = error.problem.as_dict()
    assert document["type"].endswith("/row-length")
    assert document["got"] == "a,b"
    assert document["errors"] == [{"code": "row_length", "detail": "4 fields", "row": 3}]


def test_more_faults_than_the_limit_are_cut_and_said_to_be_cut() -> None:
    document = DataProblem("Many.", errors=[Fault("x", str(n)) for n in range(200)]).problem.as_dict()
    assert len(document["errors"]) == MAX_ERRORS
    assert document["truncated"] is True
