import ArgumentParser
import Events
import FoundationEssentials
import Synchronization

/// `eventually expect`: whether an event comes, for tests and scripts.
struct ExpectCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "expect",
    abstract: "Wait for events, and tell by the exit code whether they came.",
    discussion: """
      Topics and --where choose the events as in `eventually sniff`; the events that came are \
      printed. Without a start in the past only later events count: to miss nothing that was \
      published shortly before, begin with --since.

      The exit code is 0 when as many events came as were expected; 75 when the time was over \
      before; with --never, 0 when none came in the time, and 1 at the first; 69 when no log or \
      service can be reached, 64 for a malformed command line.

      EXAMPLES
        eventually expect 'beta/order.captured/' --within 5s
        eventually expect '*/order.finalized' --where request=ID \\
          --since 1m --within 10s
        eventually expect charlie/order.charged/ --count 3 --within 1m --json
        eventually expect '*/order.declined' --never --within 2s
      """)

  @OptionGroup var selected: SelectionOptions
  @OptionGroup(title: "Where to start") var begin: StartOptions
  @OptionGroup(title: "How to print") var form: FormOptions
  @OptionGroup(title: "Where to listen") var source: SourceOptions

  @Option(help: ArgumentHelp("How long to wait: 5s, 2m.", valueName: "duration"))
  var within = "10s"

  @Option(help: ArgumentHelp("How many events are expected.", valueName: "n"))
  var count: Int?

  @Flag(help: "Expect that no such event comes.")
  var never = false

  func validate() throws {
    guard let duration = TimePoint.duration(within), duration > .zero else {
      throw ValidationError("--within \(within): write a duration, for example 5s or 2m.")
    }
    if let count, count < 1 { throw ValidationError("--count \(count): choose 1 or more.") }
    if never && count != nil {
      throw ValidationError("--never and --count do not go together: none is expected.")
    }
    if selected.topics.isEmpty && selected.where.isEmpty {
      throw ValidationError("say what is expected: a topic, or a condition with --where.")
    }
  }

  func perform() async throws {
    let start = begin.start
    let selection = begin.narrow(try selected.selection(), to: start)
    let sources = try source.sources()
    let limit = never ? 1 : count ?? 1
    let printer = EventPrinter(
      selection, form: try form.form(in: ProcessInfo.processInfo.environment), limit: limit)
    selection.note(outside: sources.streams)
    let isNever = never
    let within = within
    let plan = EventReading.Plan(
      start: start, selection: selection, endsAtEnd: begin.before != nil)
    let unheard = try await Sniff(
      sources: sources, plan: plan, sink: printer, timeout: TimePoint.duration(within)
    ) {
      isNever || printer.count >= limit
        ? nil
        : Failure(.timedOut, "\(printer.count) of \(limit) expected events came within \(within)")
    }.run()
    if isNever, printer.count > 0 {
      throw Failure(.refused, "an event came that was not to come")
    }
    if isNever, begin.before == nil, let silent = unheard.first {
      throw Failure(
        .unreachable,
        "no message came from \(silent), so nothing is known about its events. Start its service.")
    }
    if !isNever, printer.count < limit {
      throw Failure(.timedOut, "\(printer.count) of \(limit) expected events came before the end")
    }
  }
}
