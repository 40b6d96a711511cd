"""Run the flight delay example against a running platform.

usage: run.py --url URL --serving-url URL --token TOKEN [--signin-link LINK]
"""

import argparse
import json
import sys
from typing import Any

import httpx
from flights import requests
from loop import BEST, ENDPOINT, MODEL, PROJECT, RUNS, Loop
from replay import END, HOURS, replay
from reporting import Reporter

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
    """Return what the demo made, as one JSON object."""
    record = requests(END, END + HOURS)[0].record
    answer = loop.predict([record])
    datasets = list(loop.client.pages(f"{loop.path}/tables", kind="source", limit=100))
    features = loop.client.get(f"{loop.path}/feature-services/delay_features")["features"]
    return {
        "datasets": len(datasets),
        "features": len(features),
        "feature_views": len({feature["view"] for feature in features if feature["view"]}),
        "auc": {run: loop.metrics(run)["auc"] for run in RUNS},
        "model": f"{MODEL} version {answer['version']}",
        "endpoint": f"{PROJECT}.{ENDPOINT}",
        "prediction": {"record": record, "answer": answer},
        "signin_link": signin_link,
        "seconds": loop.reporter.seconds,
    }


def print_summary(result: dict[str, Any]) -> None:
    """Print the summary for people, then the JSON object on the last line."""
    prediction = result["prediction"]
    lines = [
        "",
        f"datasets     {result['datasets']}, features {result['features']} in {result['feature_views']} views",
        *(
            f"AUC          {auc['value']:.4f}  95 % [{auc['low']:.4f}, {auc['high']:.4f}]  {run}"
            for run, auc in result["auc"].items()
        ),
        f"model        {result['model']} (champion), best of the study {BEST}",
        f"endpoint     {result['endpoint']}",
        f"prediction   {prediction['answer']['predictions'][0]:.4f} from {json.dumps(prediction['record'])}",
        "seconds      " + ", ".join(f"{name} {seconds:g}" for name, seconds in result["seconds"].items()),
        f"sign in      {result['signin_link']}",
        "",
    ]
    sys.stdout.write("\n".join(lines) + "\n" + json.dumps(result) + "\n")


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
