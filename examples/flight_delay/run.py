"""Run the flight delay example against a running platform.

usage: run.py --url URL --serving-url URL --token TOKEN [--signin-link LINK]
"""

import argparse
import json
import sys
from typing import Any

import httpx
from flights import requests
from loop import PROJECT, Loop
from replay import END, HOURS, replay
from reporting import Reporter
from targets import DELAY, TARGETS, Target

from bottega.client import Client
from bottega.problems import ProblemError


def parse_arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description="Run the flight delay example through the whole loop.")
    parser.add_argument("--url", required=True, help="the control plane")
    parser.add_argument("--serving-url", required=True, help="the serving node")
    parser.add_argument("--token", required=True, help="a bearer token that may write")
    parser.add_argument("--signin-link", default="", help="a one-time link to print at the end")
    return parser.parse_args()


def summary(loop: Loop, signin_link: str) -> dict[str, Any]:
    """Return what the demo made, as one JSON object; the first target's figures are at its top."""
    record = requests(END, END + HOURS)[0].record
    datasets = list(loop.client.pages(f"{loop.path}/tables", kind="source", limit=100))
    features = loop.client.get(f"{loop.path}/feature-services/delay_features")["features"]
    made = {target.name: target_summary(loop, target, record) for target in TARGETS}
    return {
        "datasets": len(datasets),
        "features": len(features),
        "feature_views": len({feature["view"] for feature in features if feature["view"]}),
        **made.pop(DELAY.name),
        **made,
        "signin_link": signin_link,
        "seconds": loop.reporter.seconds,
    }


def target_summary(loop: Loop, target: Target, record: dict[str, Any]) -> dict[str, Any]:
    """Return a target's metric by run, its model and endpoint, and one prediction."""
    answer = loop.predict(target, [record])
    return {
        target.metric: {run: loop.metrics(run)[target.metric] for run in target.runs},
        "model": f"{target.name} version {answer['version']}",
        "endpoint": f"{PROJECT}.{target.name}",
        "prediction": {"record": record, "answer": answer},
    }


def print_summary(result: dict[str, Any]) -> None:
    """Print the summary for people, then the JSON object on the last line."""
    record = result["prediction"]["record"]
    lines = [
        "",
        f"datasets     {result['datasets']}, features {result['features']} in {result['feature_views']} views",
        *(line for target in TARGETS for line in target_lines(result, target)),
        f"asked        {json.dumps(record)}",
        "seconds      " + ", ".join(f"{name} {seconds:g}" for name, seconds in result["seconds"].items()),
        f"sign in      {result['signin_link']}",
        "",
    ]
    sys.stdout.write("\n".join(lines) + "\n" + json.dumps(result) + "\n")


def target_lines(result: dict[str, Any], target: Target) -> list[str]:
    """Return the lines of one target."""
    found = result if target is DELAY else result[target.name]
    value = found["prediction"]["answer"]["predictions"][0]
    return [
        f"endpoint     {found['endpoint']}: {target.question}",
        *(metric_line(run, target.metric, metric) for run, metric in found[target.metric].items()),
        f"  model      {found['model']} (champion), from {target.best}",
        f"  prediction {value:.4f}",
    ]


def metric_line(run: str, name: str, metric: dict[str, float]) -> str:
    """Return a run's hold-out metric with its interval."""
    return f"  {name.upper():10} {metric['value']:.4f}  95 % [{metric['low']:.4f}, {metric['high']:.4f}]  {run}"


def main() -> int:
    """Run all stages; print a problem instead of a stack trace."""
    arguments = parse_arguments()
    loop = Loop(Client(arguments.url, arguments.token), arguments.serving_url, Reporter())
    try:
        for name, stage in loop.stages():
            with loop.reporter.stage(name):
                stage()
        with loop.reporter.stage("replay"):
            replay(loop)
        print_summary(summary(loop, arguments.signin_link))
    except ProblemError as error:
        sys.stderr.write(f"{error.problem.title}: {error}\n")
        for fault in error.problem.errors:
            sys.stderr.write(f"  {fault.pointer or ''} {fault.detail}\n")
        return 1
    except httpx.HTTPError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}. Is everything running? See `bottega status`.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
