import ArgumentParser
import CWireBench
import Dispatch
import Glibc

/// `eventually bench wire`: the binding beside bare libzmq.
struct WireCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "wire",
    abstract: "Measure the ZeroMQ binding beside bare libzmq.",
    usage: "eventually bench wire [<options>]",
    discussion: """
      A publisher sends messages of three frames (topic, 48-byte header, 400-byte body) to a \
      subscriber over ipc, by this project's binding and by a loop in C, in turns in one run. \
      Nothing is durable. The loop waits where libzmq's queues are full; the binding never does, \
      and is given no more messages than its queues hold.

      EXAMPLES
        eventually bench wire
        eventually bench wire --messages 2000000 --rounds 5 --json
      """)

  @Option(help: ArgumentHelp("The number of messages of each run.", valueName: "n"))
  var messages = 500_000

  @Option(help: ArgumentHelp("How often each of the two runs; the medians count.", valueName: "n"))
  var rounds = 3

  @OptionGroup var place: BenchOptions

  func validate() throws {
    for (name, value) in [("--messages", messages), ("--rounds", rounds)]
    where !(1...1_000_000_000).contains(value) {
      throw ValidationError("\(name) \(value): choose a number from 1 to 1000000000.")
    }
  }

  func perform() async throws {
    let messages = messages
    let rounds = rounds
    let folder = place.folder
    let report = try await untilInterrupted {
      try await BenchFolder.with(in: folder) { folder in
        try await Self.measure(messages: messages, rounds: rounds, in: folder)
      }
    }
    Output.data.line(place.json ? report.jsonLine : "\(report.table)")
    try checkLosses(lost: report.lost, duplicated: report.duplicated)
  }

  private static func measure(messages: Int, rounds: Int, in folder: BenchFolder) async throws
    -> WireReport
  {
    var bare: [WireRun] = []
    var binding: [WireRun] = []
    for round in 1...rounds {
      try Task.checkCancellation()
      bare.append(
        try await WireRun.bare(messages, over: "ipc://\(folder.path)/bare\(round)"))
      binding.append(
        try await WireRun.binding(messages, over: "ipc://\(folder.path)/binding\(round)"))
      Output.notes.line(
        """
        wire: round \(round) of \(rounds): binding \(binding[round - 1].messagesPerSecond.rounded3) \
        messages/s, bare \(bare[round - 1].messagesPerSecond.rounded3)
        """)
    }
    return WireReport(messages: messages, bare: bare, binding: binding)
  }
}

/// One run of one of the two.
struct WireRun: Codable, Hashable, Sendable {
  let messagesPerSecond: Double
  /// CPU time for 1,000 messages, in ms: both ends and libzmq's own threads.
  let cpu: Double
  let lost: Int
  let duplicated: Int

  init(
    messages: Int, seconds: Double, cpuSeconds: Double, lost: Int, duplicated: Int
  ) {
    messagesPerSecond = (Double(messages) / seconds).inThousandths
    cpu = (cpuSeconds * 1000 / (Double(messages) / 1000)).inThousandths
    self.lost = lost
    self.duplicated = duplicated
  }

  /// Runs `work`, and returns the CPU time that this process used meanwhile.
  static func measuringCPU<Value>(_ work: () async throws -> Value) async throws
    -> (value: Value, cpuSeconds: Double)
  {
    guard let clock = ProcessClock(of: getpid()) else {
      throw Failure(.refused, "the CPU time of this process cannot be read.")
    }
    let before = try clock.seconds
    let value = try await work()
    return (value, try clock.seconds - before)
  }

  /// The loop in C.
  static func bare(_ messages: Int, over endpoint: String) async throws -> WireRun {
    let (result, cpuSeconds) = try await measuringCPU {
      try await withCheckedThrowingContinuation { continuation in
        // A thread that may block.
        DispatchQueue(label: "eventually.bench.wire").async {
          var result = cwirebench_result()
          let error = cwirebench_run(
            endpoint, UInt64(messages), WireBinding.sendQueue, WireBinding.receiveQueue, &result)
          if error == 0 {
            continuation.resume(returning: result)
          } else {
            let reason = String(cString: cwirebench_error(error))
            continuation.resume(
              throwing: Failure(.refused, "bare libzmq failed over \(endpoint) (\(reason))."))
          }
        }
      }
    }
    return WireRun(
      messages: messages, seconds: result.seconds, cpuSeconds: cpuSeconds,
      lost: Int(result.gaps), duplicated: 0)
  }

  /// The binding.
  static func binding(_ messages: Int, over endpoint: String) async throws -> WireRun {
    let (count, cpuSeconds) = try await measuringCPU {
      try await WireBinding(messages: messages, endpoint: endpoint).run()
    }
    return WireRun(
      messages: messages, seconds: count.seconds, cpuSeconds: cpuSeconds, lost: count.lost,
      duplicated: count.duplicated)
  }
}

/// The medians of both; the JSON of `bench wire`.
struct WireReport: Codable, Hashable, Sendable {
  /// The median of some runs.
  struct Figures: Codable, Hashable, Sendable {
    let messagesPerSecond: Double
    let cpu: Double

    init(_ runs: [WireRun]) {
      messagesPerSecond = runs.map(\.messagesPerSecond).sorted()[runs.count / 2]
      cpu = runs.map(\.cpu).sorted()[runs.count / 2]
    }
  }

  let messages: Int
  let bare: Figures
  let binding: Figures
  /// The binding's messages per second, divided by those of bare libzmq.
  let ratio: Double
  let lost: Int
  let duplicated: Int

  init(messages: Int, bare: [WireRun], binding: [WireRun]) {
    self.messages = messages
    self.bare = Figures(bare)
    self.binding = Figures(binding)
    ratio = (self.binding.messagesPerSecond / self.bare.messagesPerSecond).inThousandths
    lost = (bare + binding).reduce(0) { $0 + $1.lost }
    duplicated = (bare + binding).reduce(0) { $0 + $1.duplicated }
  }

  var table: ReportTable {
    var table = ReportTable("wire: \(messages.grouped) messages of three frames, not durable")
    for (name, figures) in [("binding", binding), ("bare libzmq", bare)] {
      table.add(
        name, figure: figures.messagesPerSecond.rounded3,
        meaning: "messages/s; CPU \(figures.cpu.rounded3) ms/1000")
    }
    table.add("ratio", figure: "\(Int((ratio * 100).rounded())) %", meaning: "binding to bare")
    table.add(lost: lost, duplicated: duplicated)
    return table
  }
}
