"""Curves in MLflow."""

from collections.abc import Mapping
from pathlib import Path

from headstart.reports.tracking import library


class Mlflow:
    """A run in a local MLflow store, for `mlflow ui --backend-store-uri sqlite:///DIRECTORY/mlflow.db`."""

    def __init__(self, directory: Path, *, project: str = "headstart", name: str = "") -> None:
        tracking = library("mlflow", "mlflow.tracking")
        directory.mkdir(parents=True, exist_ok=True)
        # a client of our own: mlflow.start_run() would change state that the user's program may share
        self._client = tracking.MlflowClient(tracking_uri=f"sqlite:///{(directory / 'mlflow.db').resolve().as_posix()}")
        known = self._client.get_experiment_by_name(project)
        if known is None:
            place = (directory / "artifacts").resolve().as_uri()
            experiment = self._client.create_experiment(project, artifact_location=place)
        else:
            experiment = known.experiment_id
        self._run = self._client.create_run(experiment, run_name=name or None).info.run_id

    def log(self, step: int, values: Mapping[str, float]) -> None:
        for key, value in values.items():
            self._client.log_metric(self._run, key, value, step=step)

    def close(self) -> None:
        self._client.set_terminated(self._run)
