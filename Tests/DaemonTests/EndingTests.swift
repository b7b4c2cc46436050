import Events
import Foundation
import Glibc
import Runtime
import ServiceLifecycle
import Testing

@testable import Daemon
@testable import Journal

/// A service that ends by what one part of it does.
private protocol EndingRoom: Room {
  static func part(_ journal: ServiceJournal) -> any Service
}

extension EndingRoom {
  static var name: String { "delta" }
  static var port: Int { 0 }
  static var follows: [String] { [] }
  static var followers: [String] { [] }

  static func compose(_ shell: Shell) throws -> Assembly {
    let journal = try shell.openJournal()
    return Assembly(journal: journal, services: [part(journal)])
  }
}

/// Its disk fails.
private enum FailingRoom: EndingRoom {
  static func part(_ journal: ServiceJournal) -> any Service {
    ClosureService {
      _ = try? await journal.write { _ in throw JournalError(.commit, summary: "the disk is full") }
      try? await gracefulShutdown()
    }
  }
}

/// Its address is taken.
private enum UnbindableRoom: EndingRoom {
  static func part(_ journal: ServiceJournal) -> any Service {
    ClosureService { throw StartError("tcp://*:1 is in use. Set delta.bus.log.") }
  }
}

/// A part of it, which knows nothing of the shell, cannot use what was configured.
private enum UnusableRoom: EndingRoom {
  struct Unusable: RequiresOperator {}

  static func part(_ journal: ServiceJournal) -> any Service {
    ClosureService { throw Unusable() }
  }
}

/// It cannot be put together, for a reason of its own.
private enum FailingToComposeRoom: EndingRoom {
  static func part(_ journal: ServiceJournal) -> any Service { fatalError("it has no parts") }
  static func compose(_ shell: Shell) throws -> Assembly { throw Surprise() }
}

/// It does not stop when it is asked to, and is then asked again.
private enum StubbornRoom: EndingRoom {
  static func part(_ journal: ServiceJournal) -> any Service {
    ClosureService {
      try? await gracefulShutdown()
      kill(getpid(), SIGTERM)
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
  }
}

private func setLimit(_ resource: __rlimit_resource, to value: UInt) {
  var limit = rlimit(rlim_cur: value, rlim_max: value)
  let status = setrlimit(__rlimit_resource_t(resource.rawValue), &limit)
  precondition(status == 0, systemError())
}

/// Runs a service as this process, in a folder of its own.
private func run(
  _ room: any Room.Type, raising signal: Int32? = nil, log: LogOutput? = nil
) async -> Ending {
  let folder = NSTemporaryDirectory() + "daemon-\(getpid())-\(room)"
  try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  var launch = Launch(
    Invocation(
      program: "deltad", arguments: ["--run", "run", "--state", "state"], environment: [:],
      folder: folder))
  if let log { launch.log = log }
  if let signal { launch.onListening = { _ in kill(getpid(), signal) } }
  return await launch.run(room)
}

@Suite("Ending", .timeLimit(.minutes(1)))
struct EndingTests {
  @Test("SIGTERM and SIGINT end a daemon cleanly with status 0", .timeLimit(.minutes(1)))
  func signals() async {
    await #expect(processExitsWith: .exitCode(0)) {
      exit(await run(DeltaRoom.self, raising: SIGTERM).code)
    }
    await #expect(processExitsWith: .exitCode(0)) {
      exit(await run(DeltaRoom.self, raising: SIGINT).code)
    }
  }

  @Test("a second signal ends it at once", .timeLimit(.minutes(1)))
  func secondSignal() async {
    await #expect(processExitsWith: .exitCode(128 + SIGTERM)) {
      exit(await run(StubbornRoom.self, raising: SIGTERM).code)
    }
  }

  @Test("a commit that fails ends it with status 1", .timeLimit(.minutes(1)))
  func journalFailure() async {
    await #expect(processExitsWith: .exitCode(1)) {
      exit(await run(FailingRoom.self).code)
    }
  }

  @Test(
    "a part that requires an operator ends it with status 78",
    .timeLimit(.minutes(1)))
  func startError() async {
    await #expect(processExitsWith: .exitCode(78)) {
      exit(await run(UnbindableRoom.self).code)
    }
    await #expect(processExitsWith: .exitCode(78)) {
      exit(await run(UnusableRoom.self).code)
    }
  }

  @Test("a disk that takes nothing more is waited for at the start", .timeLimit(.minutes(1)))
  func shortages() async {
    await #expect(processExitsWith: .exitCode(42)) {
      signal(SIGXFSZ, SIG_IGN)
      setLimit(RLIMIT_FSIZE, to: 0)
      // The line is the barrier: it is written before the first pause.
      let log = LogOutput { bytes in
        if String(decoding: bytes, as: UTF8.self).contains("the start waits: ") { exit(42) }
      }
      exit(await run(DeltaRoom.self, log: log).code)
    }
  }

  @Test("a surprise ends it with status 1", .timeLimit(.minutes(1)))
  func surprise() async {
    await #expect(processExitsWith: .exitCode(1)) {
      exit(await run(FailingToComposeRoom.self).code)
    }
  }
}
