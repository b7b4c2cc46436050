import ArgumentParser
import Daemon
import Events
import FoundationEssentials
import Runtime
import ZeroMQ

/// `eventually play`: a file of events, published again.
struct PlayCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "play",
    abstract: "Publish the events of a file at a socket of its own, for tests.",
    usage: "eventually play <file> --bind <endpoint> [<options>]",
    discussion: """
      The file is one of `eventually record`. The events are published as they were, with the \
      pauses that they had, after a first subscriber has come. An endpoint that is in use, or that \
      a service's is, is refused: recorded events never come between live ones.

      The exit code is 0 when all are published; 1 for a file that is not one of events, or an \
      endpoint that is in use; 75 when no subscriber comes in the time.

      EXAMPLES
        eventually play today.ndjson --bind ipc:///tmp/replay.events
        eventually play today.ndjson --bind tcp://127.0.0.1:5600 --speed 10
        eventually play today.ndjson --bind tcp://127.0.0.1:5600 --speed 0
      """)

  @Argument(help: "The file to publish.", completion: .file())
  var file: String

  @Option(help: ArgumentHelp("The endpoint to publish at.", valueName: "endpoint"))
  var bind: String

  @Option(
    help: ArgumentHelp("How much faster than it was; 0 for no pauses.", valueName: "factor"))
  var speed = 1.0

  @Option(help: ArgumentHelp("How long to wait for a subscriber.", valueName: "seconds"))
  var timeout = 60.0

  func validate() throws {
    try validateTimeout(timeout)
    guard speed >= 0, speed <= 1e6 else {
      throw ValidationError("--speed \(speed): choose 0 or a factor above it.")
    }
  }

  func perform() async throws {
    let records = try Self.read(file)
    try checkEndpoint()
    do {
      let context = try Context()
      try await context.withPublisher(binding: [bind]) { publisher in
        try await awaitSubscriber(of: publisher)
        try await publish(records, to: publisher)
      }
      await context.close()
    } catch let error as ZeroMQError {
      throw Failure(.refused, "\(bind) cannot be published at: \(error)")
    }
  }

  /// - Throws: ``Failure`` 1, with the line that is no event.
  static func read(_ path: String) throws -> [Record] {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw Failure(.refused, "\(path) cannot be read. Name a file of `eventually record`.")
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    return try lines.enumerated().map { number, line in
      guard let taped = try? TapedEvent(json: Data(line)), let record = taped.record else {
        throw Failure(
          .refused,
          "line \(number + 1) of \(path) is no event. Name a file of `eventually record`.")
      }
      return record
    }
  }

  /// libzmq would take the path of a socket that is in use.
  private func checkEndpoint() throws {
    guard let place = SocketPlace(bind) else { return }
    if case .forbidden(let code) = place.finding {
      throw Failure.forbidden(place.path, code: code, to: "use")
    }
    guard place.finding == .missing else {
      throw Failure(
        .refused, "\(place.path) is there already, perhaps a live socket. Choose another path.")
    }
    let live = Folders.ofThisProcess.run(nil)
    guard !place.path.hasPrefix(live + "/") else {
      throw Failure(.refused, "\(live) is the folder of live sockets. Choose another path.")
    }
  }

  private func awaitSubscriber(of publisher: Publisher) async throws {
    Output.notes.line("waiting at \(bind) for a subscriber")
    let timeout = Duration.seconds(timeout)
    let hasCome = await withTaskGroup(of: Bool.self) { tasks in
      tasks.addTask {
        for await changes in publisher.changes where !changes.isEmpty { return true }
        return false
      }
      tasks.addTask {
        await Latch().wait(atMost: timeout)
        return false
      }
      defer { tasks.cancelAll() }
      return await tasks.next() ?? false
    }
    guard hasCome else {
      throw Failure(.timedOut, "no subscriber came to \(bind) within \(timeout.inSeconds)")
    }
  }

  private func publish(_ records: [Record], to publisher: Publisher) async throws {
    var before: Timestamp?
    let progress = ProgressBar(total: records.count, participle: "published")
    for (count, record) in records.enumerated() {
      if let before, speed > 0 {
        let pause = record.header.committedAt.since(before) / speed
        if pause > .milliseconds(100) { progress.show(count, isPausing: true) }
        if pause > .milliseconds(1) { await Latch().wait(atMost: pause) }
      }
      before = record.header.committedAt
      try await publisher.send([Message(record.frames)])
      progress.show(count + 1)
    }
    Output.notes.line("\(records.count.grouped) events are published")
  }
}
