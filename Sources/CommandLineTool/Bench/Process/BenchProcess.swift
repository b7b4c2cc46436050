import Dispatch
import Events
import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// A process of a benchmark: this program again, with a hidden subcommand.
///
/// It prints one JSON object a line on its standard output, each with a member `state`, and takes
/// orders a line each on its standard input. It ends when that input does.
struct BenchProcess: Sendable {
  let name: String
  let id: pid_t
  let clock: ProcessClock
  private let lines: AsyncStream<ArraySlice<UInt8>>
  private let input: StandardInputWriter

  /// Runs a process for as long as `body` runs.
  ///
  /// - Parameters:
  ///   - arguments: those of the hidden subcommand; the first is its name.
  ///   - group: the process group that does not outlive this process.
  static func with<Value: Sendable>(
    _ arguments: [String], in group: pid_t, _ body: (BenchProcess) async throws -> Value
  ) async throws -> Value {
    var options = PlatformOptions()
    options.processGroupID = group
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
    let result = try await Subprocess.run(
      .path(FilePath(try programPath())), arguments: Arguments(["bench"] + arguments),
      platformOptions: options, input: .inputWriter, output: .sequence,
      error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
    ) { process in
      guard let clock = ProcessClock(of: process.processIdentifier.value) else {
        throw Failure(.refused, "\(arguments[0]) ended at once.")
      }
      let (lines, continuation) = AsyncStream.makeStream(of: ArraySlice<UInt8>.self)
      return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
          defer { continuation.finish() }
          var splitter = LineSplitter()
          for try await chunk in process.standardOutput {
            chunk.withUnsafeBytes { bytes in splitter.take(bytes) { continuation.yield($0) } }
          }
        }
        do {
          let value = try await body(
            BenchProcess(
              name: arguments[0], id: process.processIdentifier.value, clock: clock, lines: lines,
              input: process.standardInputWriter))
          try await process.standardInputWriter.finish()
          try await tasks.waitForAll()
          return value
        } catch {
          // The reader of its output ends with it.
          try? process.send(signal: .terminate)
          throw error
        }
      }
    }
    return result.closureResult
  }

  private static func programPath() throws -> String {
    try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  }

  /// Sends an order.
  func order(_ order: BenchOrder) async throws {
    _ = try await input.write(order.rawValue + "\n")
  }

  /// Stops the process for as long as `body` runs, as a terminal's Ctrl-Z does.
  func whileStopped<Value>(_ body: () async throws -> Value) async throws -> Value {
    kill(id, SIGSTOP)
    defer { kill(id, SIGCONT) }
    var info = siginfo_t()
    guard waitid(P_PID, id_t(id), &info, WSTOPPED | WNOWAIT) == 0 else {
      throw Failure(.refused, "\(name) cannot be stopped: it has ended.")
    }
    return try await body()
  }

  /// Waits for a line with this state.
  ///
  /// - Throws: 1, when the process ends without it.
  func wait<Line: Decodable>(for state: String, as type: Line.Type = Line.self) async throws
    -> Line
  {
    for await line in lines {
      let data = Data(line)
      guard let found = JSONValue(data)?["state"]?.string, found == state else { continue }
      return try Line(json: data)
    }
    try Task.checkCancellation()
    throw Failure(.refused, "\(name) ended before it was \(state). Its reason is above.")
  }
}

/// The orders of a benchmark to its processes.
enum BenchOrder: String, Sendable {
  /// Begin with the measured work.
  case begin
}

/// A line of a benchmark's process with its state only.
struct BenchState: Codable, Sendable {
  var state: String
}

extension BenchOrder {
  /// The orders on the standard input, which end when it does.
  ///
  /// A thread of their own waits for them, as long as the process lives.
  static func fromStandardInput() -> AsyncStream<BenchOrder> {
    AsyncStream { continuation in
      DispatchQueue(label: "eventually.bench.orders").async {
        while let line = readLine() {
          if let order = BenchOrder(rawValue: line) { continuation.yield(order) }
        }
        continuation.finish()
      }
    }
  }
}
