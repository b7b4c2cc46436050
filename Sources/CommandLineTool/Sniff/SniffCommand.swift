import ArgumentParser
import Daemon
import Events
import FoundationEssentials

/// `eventually sniff`: the events on the wire, as they come.
struct SniffCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "sniff",
    abstract: "Print the services' events as they are published.",
    discussion: """
      A topic is STREAM/TYPE/vVERSION/, of which the beginning is enough; without one, every event \
      is printed. Events are data, on the standard output; all else is on the standard error: what \
      is listened to, publishers that go and come back, gaps, and messages that are no events.

      With --all, --last, --since, --from-sequence, --after or --before the past events are read \
      from the services' logs first, in the order of their times, and no event is missing after \
      them. An event that was missed on the wire is read from the log, with a note.

      A condition of --where is FIELD=VALUE, or has != > >= < <= or ~ (contains) for =. Fields are \
      topic, stream, type, version, sequence, epoch, time, id, subject, request, correlation, \
      cause, trace, and members of the data, such as data.price.amount. All conditions must hold.

      The exit code is 0 after Ctrl-C, or --count events, or the end of what was asked for; 75 when \
      the time was over before --count events; 1 with --no-gaps after a gap; 69 when no log \
      answers, or the folder of the sockets is not there, or this user may not use them; 64 for a \
      service that has no socket among others that have.

      EXAMPLES
        eventually sniff
        eventually sniff alpha/ '*/order.captured'
        eventually sniff --last 20 --exit-at-end
        eventually sniff -d alpha/
        eventually sniff --since 1h --where 'data.price.amount>100000' --csv
        eventually sniff --all --where request=0199 --exit-at-end -v
        eventually sniff --json --count 1 charlie/order.charged/
        eventually sniff --format '{time} {data.product}' '*/order.captured'
        eventually sniff --rates
        eventually sniff --raw --connect tcp://127.0.0.1:5556
      """)

  @OptionGroup var selected: SelectionOptions
  @OptionGroup(title: "Where to start") var begin: StartOptions
  @OptionGroup(title: "How to print") var form: FormOptions
  @OptionGroup(title: "Where to listen") var source: SourceOptions

  @Flag(help: "End when the past events are printed.")
  var exitAtEnd = false

  @Option(help: ArgumentHelp("End after so many events.", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("End after so long.", valueName: "seconds"))
  var timeout: Double?

  @Flag(help: "End with 1 at the first gap on the wire.")
  var noGaps = false

  @Flag(help: "Print the publishers' beats too. They are not counted.")
  var beats = false

  @Flag(help: "Show for each topic events/s, bytes/s and the delay from commit to here.")
  var rates = false

  @Flag(help: "Print the frames of any ZeroMQ publisher at --connect, whatever they are.")
  var raw = false

  func validate() throws {
    if let timeout { try validateTimeout(timeout) }
    if let count, count < 1 { throw ValidationError("--count \(count): choose 1 or more.") }
    if begin.start != .live && !source.connect.isEmpty && source.log.isEmpty {
      throw ValidationError("to read the past with --connect, name the log too: --log ENDPOINT.")
    }
    if rates && count != nil {
      throw ValidationError("--rates and --count do not go together: end it with --timeout.")
    }
    if exitAtEnd && begin.start == .live {
      throw ValidationError("--exit-at-end needs a start in the past, for example --all.")
    }
    if raw && (source.connect.isEmpty || begin.start != .live || rates) {
      throw ValidationError("--raw listens to --connect ENDPOINT, live, and shows frames.")
    }
  }

  func perform() async throws {
    let start = begin.start
    var plan = EventReading.Plan(
      start: start, selection: begin.narrow(try selected.selection(), to: start))
    plan.endsAtEnd = exitAtEnd || begin.before != nil
    plan.endsAtGap = noGaps
    let sources = try source.sources()
    let lines = try form.form(in: ProcessInfo.processInfo.environment)
    let timeout = timeout.map { Duration.seconds($0) }
    if raw {
      plan.isRaw = true
      let frames = RawPrinter(topics: selected.topics, limit: count)
      try await Sniff(sources: sources, plan: plan, sink: frames, timeout: timeout).run()
      return
    }
    if rates { return try await RateTable(plan.selection).show(sources, plan, timeout: timeout) }
    let printer = EventPrinter(
      plan.selection, form: lines, showsBeats: beats, limit: count)
    plan.selection.note(outside: sources.streams)
    try await Sniff(sources: sources, plan: plan, sink: printer, timeout: timeout) {
      guard let limit = printer.limit, let timeout else { return nil }
      return Failure(
        .timedOut, "timed out after \(timeout.inSeconds): \(printer.count) of \(limit) events came")
    }.run()
  }
}

extension EventSelection {
  /// Notes the patterns that can match nothing of these streams.
  func note(outside streams: [String]) {
    guard !streams.isEmpty else { return }
    for pattern in patterns(outside: streams) {
      let near = pattern.stream?.nearest(of: streams).map { " Did you mean \($0)/?" } ?? ""
      Output.notes.line(
        """
        \(pattern.description.escapedForTerminal) matches nothing here: \
        \(streams.joined(separator: ", ")) \(streams.count == 1 ? "is" : "are") listened to.\(near)
        """)
    }
  }
}
