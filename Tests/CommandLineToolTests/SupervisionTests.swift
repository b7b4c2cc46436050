import Foundation
import Synchronization
import Testing

@testable import CommandLineTool

@Suite("A daemon that never can run", .timeLimit(.minutes(1)))
struct SupervisionTests {
  @Test("While all start, it ends the others")
  func atStart() async throws {
    let notes = try await supervise { _, _ in }
    #expect(notes.contains("ERROR  alpha cannot run; stopping the others"))
  }

  @Test("Later, the others run until they are stopped")
  func later() async throws {
    let notes = try await supervise { supervision, notes in
      supervision.started.open()
      while !notes.contains("IT IS NOT RESTARTED") {
        await Task.yield()
      }
      #expect(!supervision.stop.isOpen)
      supervision.stop.open()
    }
    #expect(!notes.contains("stopping"))
  }

  /// Runs an Alpha that cannot run with three daemons that can.
  ///
  /// - Returns: the notes.
  private func supervise(
    _ meanwhile: @escaping @Sendable (Supervision, Notes) async -> Void
  ) async throws -> Notes {
    let folder = try daemons()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let notes = Notes()
    let plan = UpPlan(
      state: folder, portBase: 0, programs: Installation(folder: folder, folders: folders()))
    let failure = await #expect(throws: Failure.self) {
      try await withProcessGroup { group in
        let supervision = Supervision(
          plan: plan, group: group,
          log: UpLog(
            notes: Output {
              notes.add($0)
              return nil
            }))
        async let other: Void = meanwhile(supervision, notes)
        defer { supervision.stop.open() }
        try await supervision.keepAll()
        await other
      }
    }
    #expect(failure == Failure(.configuration, "alpha cannot run (exit code 78). No key."))
    return notes
  }

  private func daemons() throws -> String {
    let folder = NSTemporaryDirectory() + "/supervision-\(UUID())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for service in Service.allCases {
      let work = service == .alpha ? "echo No key.; exit 78" : "exec sleep 60"
      _ = FileManager.default.createFile(
        atPath: "\(folder)/\(service.program)", contents: Data("#!/bin/sh\n\(work)\n".utf8),
        attributes: [.posixPermissions: 0o755])
    }
    return folder
  }
}

/// The printed lines.
private final class Notes: Sendable {
  private let lines = Mutex<[String]>([])

  func add(_ bytes: [UInt8]) {
    lines.withLock { $0.append(String(decoding: bytes.dropLast(), as: UTF8.self)) }
  }

  func contains(_ part: String) -> Bool {
    lines.withLock { $0.contains { $0.contains(part) } }
  }
}
