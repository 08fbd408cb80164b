from headstart.training.tasks.cluster.cluster import Cluster

__all__ = ["Cluster"]
