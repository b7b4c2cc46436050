import Daemon
import Journal
import Testing

/// Reads, and keeps the plan of each query.
final class PlanReader: Reader {
  private let snapshot: Snapshot
  private(set) var steps: [String] = []

  fileprivate init(_ snapshot: Snapshot) {
    self.snapshot = snapshot
  }

  func rows(_ query: SQL) throws -> [Row] {
    steps += try snapshot.rows("EXPLAIN QUERY PLAN" + query).map { try $0.value("detail") }
    return try snapshot.rows(query)
  }
}

extension ServiceJournal {
  /// The steps in which a query reads a whole table, or sorts.
  func slowSteps(_ query: (PlanReader) throws -> Void) throws -> [String] {
    try read { snapshot in
      let reader = PlanReader(snapshot)
      try query(reader)
      #expect(!reader.steps.isEmpty)
      return reader.steps.filter { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }
    }
  }
}
