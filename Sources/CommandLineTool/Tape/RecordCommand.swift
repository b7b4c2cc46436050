import ArgumentParser
import Daemon
import Glibc
import Synchronization

/// `eventually record`: events into a file, for `eventually play`.
struct RecordCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Write events into a file, one JSON object on a line.",
    discussion: """
      The file has the frames of each event as they are, so that `eventually play` publishes the \
      same bytes. Without a start in the past, later events are recorded until Ctrl-C, --count or \
      --timeout.

      The exit code is 0; 1 when the file cannot be written, or is there already (--force writes \
      over it); 69 when no log answers.

      EXAMPLES
        eventually record today.ndjson --since 24h --exit-at-end
        eventually record charges.ndjson charlie/ --count 100
      """)

  @Argument(help: "The file to write.", completion: .file())
  var file: String

  @OptionGroup var selected: SelectionOptions
  @OptionGroup(title: "Where to start") var begin: StartOptions
  @OptionGroup(title: "Where to listen") var source: SourceOptions

  @Flag(help: "End when the past events are written.")
  var exitAtEnd = false

  @Flag(help: "Write over a file that is there.")
  var force = false

  @Option(help: ArgumentHelp("End after so many events.", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("End after so long.", valueName: "seconds"))
  var timeout: Double?

  func validate() throws {
    if let timeout { try validateTimeout(timeout) }
    if let count, count < 1 { throw ValidationError("--count \(count): choose 1 or more.") }
    if exitAtEnd && begin.start == .live {
      throw ValidationError("--exit-at-end needs a start in the past, for example --all.")
    }
  }

  func perform() async throws {
    let start = begin.start
    let sources = try source.sources()
    let tape = try TapeWriter(
      file, isForced: force, selection: begin.narrow(try selected.selection(), to: start),
      limit: count)
    var plan = EventReading.Plan(start: start, selection: tape.selection)
    plan.endsAtEnd = exitAtEnd || begin.before != nil
    do {
      try await Sniff(
        sources: sources, plan: plan, sink: tape, timeout: timeout.map { .seconds($0) }
      ).run()
    } catch {
      tape.discard()
      throw error
    }
    try tape.finish()
    Output.notes.line("\(tape.count.grouped) events are in \(file)")
  }
}

/// Writes the selected events into a file.
final class TapeWriter: EventSink {
  /// The file is written beside its place, so that an earlier one stays until this one is whole.
  private static let suffix = ".part"

  let selection: EventSelection
  private let path: String
  private let limit: Int?
  private let file: Int32
  private let output: Output
  private let written = Mutex(0)
  private let progress: ProgressBar

  /// - Throws: ``Failure`` 1, where the file is there already or cannot be made.
  init(_ path: String, isForced: Bool, selection: EventSelection, limit: Int?) throws(Failure) {
    self.path = path
    self.selection = selection
    self.limit = limit
    progress = ProgressBar(total: limit, participle: "written")
    guard isForced || access(path, F_OK) != 0 else {
      throw Failure(.refused, "\(path) is there already. Choose another file, or add --force.")
    }
    let file = open(path + Self.suffix, O_WRONLY | O_CREAT | O_CLOEXEC | O_TRUNC, 0o644)
    guard file >= 0 else {
      throw Failure(
        .refused,
        "\(path) cannot be made (\(String(cString: strerror(errno)))). Choose another place.")
    }
    self.file = file
    output = Output { writeAll($0, to: file) }
  }

  var count: Int { written.withLock(\.self) }

  func receive(_ event: SniffedEvent) -> SinkOutcome {
    guard selection.includes(event) else { return .more }
    guard output.line(TapedEvent(event.record).jsonLine) else { return .enough }
    let count = written.withLock { count in
      count += 1
      return count
    }
    progress.show(count)
    return limit.map { count >= $0 } ?? false ? .enough : .more
  }

  /// Puts the file in its place.
  ///
  /// - Throws: ``Failure`` 1, where an event could not be written.
  func finish() throws(Failure) {
    close(file)
    if let failure = output.failure {
      throw Failure(
        .refused, "\(path)\(Self.suffix) cannot be written to (\(failure)). It has \(count) events."
      )
    }
    guard rename(path + Self.suffix, path) == 0 else {
      throw Failure(
        .refused,
        "\(path) cannot be made (\(String(cString: strerror(errno)))). Choose another place.")
    }
  }

  /// Removes what was written.
  func discard() {
    close(file)
    unlink(path + Self.suffix)
  }
}
