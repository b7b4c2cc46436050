import Foundation
import Simulation
import Testing

@Suite(.timeLimit(.minutes(10))) struct `The simulation is deterministic` {
  @Test(
    "one seed is one run, to the byte",
    arguments: [17, 46] as [UInt64])
  func sameDigest(seed: UInt64) async {
    let first = await report(of: seed, isTraced: true)
    let second = await report(of: seed, isTraced: true)
    #expect(first.digest == second.digest)
    #expect(first.digest.count == 64)
    #expect(first.lines.count > 100)
  }

  @Test func `another process with other hashes has the same story`() async throws {
    let digests = await run {
      [try? digestOfAnotherProcess(seed: 46), try? digestOfAnotherProcess(seed: 46)]
    }
    #expect(digests[0] != nil && digests[0] == digests[1])
  }

  @Test func `whether a run is traced changes nothing in it`() async {
    let traced = await report(of: 5, isTraced: true)
    let silent = await report(of: 5)
    #expect(traced.steps == silent.steps)
    #expect(traced.counts.lines == silent.counts.lines)
  }

  @Test func `seeds differ`() async {
    let one = await report(of: 1, isTraced: true)
    let other = await report(of: 2, isTraced: true)
    #expect(one.digest != other.digest)
  }
}

/// Each process hashes with a seed of its own, unless its environment forbids that.
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
