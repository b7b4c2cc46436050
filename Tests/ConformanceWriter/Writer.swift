import Events
import Glibc
import Journal
import Runtime

/// Writes commands to a journal that another process writes to as well.
///
/// It is called as `conformance-writer ADDRESS WRITERS COMMANDS`.
/// Each command stores a row and publishes an event of its name; every fifth is refused.
@main
struct Writer {
  /// The event of a command.
  struct Noted: Event {
    static let schema = PayloadSchema("thing.noted", version: 1, leastReader: 1)

    var thing: String

    var subject: String { thing }
  }

  struct Refused: Error {}

  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let writers = Int(arguments[2]), let count = Int(arguments[3])
    else {
      fatalError("conformance-writer ADDRESS WRITERS COMMANDS")
    }
    let place = PostgreSQLPlace(
      try PostgreSQLAddress(arguments[1]), replica: "writer-\(getpid())")
    // As the suite has made it.
    let migration = Migration("test-1-values", sql: "")
    let journal = try ServiceJournal(
      .postgreSQL(place), of: "test", migrations: [migration], runtime: .writer)
    let process = getpid()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for writer in 0..<writers {
        tasks.addTask {
          for number in 0..<count {
            let name = "\(process)-\(writer)-\(number)"
            try await write(name, to: journal, isRefused: number % 5 == 4)
          }
        }
      }
      try await tasks.waitForAll()
    }
    try journal.close()
  }

  private static func write(
    _ name: String, to journal: ServiceJournal, isRefused: Bool
  ) async throws {
    do {
      try await journal.write { transaction in
        try transaction.run("INSERT INTO vals (name) VALUES (\(name))")
        _ = try transaction.emit(Noted(thing: name))
        if isRefused { throw Refused() }
      }
    } catch is Refused {}
  }
}

extension RuntimeContext {
  /// The clock and the randomness of this machine.
  fileprivate static let writer = RuntimeContext(
    now: {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return Timestamp(
        microseconds: UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1_000)
    },
    uptime: {
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    },
    random: { .random(in: .min ... .max) })
}
