import Glibc

extension UpReplicas {
  /// The replicas of a benchmark, whose databases have names of this process's own.
  init(ofBenchmark count: Int, server: String) {
    self.init(count: count, server: server, prefix: "bench\(getpid())_")
  }

  /// The durability in a power failure, in every benchmark that commits to PostgreSQL.
  static let durability = """
    Durable: a commit is in the write-ahead log of PostgreSQL, on disk (fsync, synchronous_commit), \
    before it is published, answered or acknowledged.
    """
}
