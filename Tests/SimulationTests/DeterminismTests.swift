import Foundation
import Simulation
import Testing

@Suite struct `The simulation is deterministic` {
  @Test(
    "one seed is one run, to the byte",
    arguments: [3, 17, 46] as [UInt64])
  func sameDigest(seed: UInt64) {
    let first = Simulation.run(Plan(seed: seed), isTraced: true)
    let second = Simulation.run(Plan(seed: seed), isTraced: true)
    #expect(first.digest == second.digest)
    #expect(first.digest.count == 64)
    #expect(first.lines.count > 100)
  }

  @Test func `another process with other hashes tells the same story`() throws {
    #expect(try digestOfAnotherProcess(seed: 46) == digestOfAnotherProcess(seed: 46))
  }

  @Test func `whether a run is traced changes nothing in it`() {
    let traced = Simulation.run(Plan(seed: 5), isTraced: true)
    let silent = Simulation.run(Plan(seed: 5))
    #expect(traced.steps == silent.steps)
    #expect(traced.counts.lines == silent.counts.lines)
  }

  @Test func `seeds differ`() {
    let digests = (1...3 as ClosedRange<UInt64>).map {
      Simulation.run(Plan(seed: $0), isTraced: true).digest
    }
    #expect(Set(digests).count == 3)
  }

  /// Each process hashes with a seed of its own, unless it is told not to.
  private func digestOfAnotherProcess(seed: UInt64) throws -> String {
    let output = Pipe()
    let process = Process()
    process.executableURL = Bundle.main.executableURL?
      .deletingLastPathComponent().appendingPathComponent("simulate")
    process.arguments = ["--seed", "\(seed)"]
    process.environment = ProcessInfo.processInfo.environment.filter {
      $0.key != "SWIFT_DETERMINISTIC_HASHING"
    }
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return String(try #require(text.split(separator: "\n").first { $0.hasPrefix("digest ") }))
  }
}
