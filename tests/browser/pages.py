"""Every page of the console with the example's names, for the tests that go through all of them and the pictures."""

RUN = "lightgbm_tuned"
MODEL = "delay"
ENDPOINT = "delay"
# The name of a page's picture, and its path below the project.
PAGES = {
    "home": "",
    "sources": "sources",
    "own-data": "own-data",
    "tables": "tables",
    "table": "tables/flights",
    "table-preview": "tables/flights?tab=preview",
    "table-dirt": "tables/flights?tab=dirt",
    "table-versions": "tables/flights?tab=versions",
    "features": "features",
    "feature-view": "features/carrier_delays",
    "runs": "runs",
    "run": f"runs/{RUN}?tab=overview",
    "run-report": f"runs/{RUN}?tab=report",
    "run-trials": f"runs/{RUN}?tab=trials",
    "run-log": f"runs/{RUN}?tab=log",
    "run-of-values": "runs/minutes_lightgbm?tab=report",
    "models": "models",
    "model": f"models/{MODEL}",
    "version": f"models/{MODEL}/versions/1",
    "version-signature": f"models/{MODEL}/versions/1?tab=signature",
    "version-bundle": f"models/{MODEL}/versions/1?tab=bundle",
    "deploy": f"models/{MODEL}/versions/1?deploy=plan",
    "endpoints": "endpoints",
    "endpoint": f"endpoints/{ENDPOINT}",
    "schedules": "schedules",
    "schedule": "schedules/weekly",
    "schedule-new": "schedules?new=schedule",
    "members": "members",
    "jobs": "jobs",
    "job": "jobs/{job}",
}
# Pages outside a project, by their path.
PLAIN_PAGES = {"sign-in": "signin", "projects": "", "reference": "reference"}
