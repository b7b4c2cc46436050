import ArgumentParser
import Daemon

/// `eventually sniff`: the events on the wire, as they come.
struct SniffCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "sniff",
    abstract: "Print the services' events as they are published.",
    discussion: """
      A prefix is the beginning of a topic, STREAM/TYPE/vVERSION/; without one, every event is \
      printed. Events are data, on the standard output; all else is on the standard error.

      With --all the past events are read from the services' logs first, in the order of their \
      times, and no event is missing after them: events missed on the wire are read from the log.

      The exit code is 0 after Ctrl-C, or --count events, or the time-out of a sniff without \
      --count; 75 when the time was over before --count events; 69 when no log answers to --all, \
      or the folder of the sockets is not there, or this user may not use them; 64 for a service \
      that has no socket among others that have.

      EXAMPLES
        eventually sniff
        eventually sniff alpha/ beta/order.captured/
        eventually sniff --all --json --timeout 1 | grep 0199
        eventually sniff --json --count 1 charlie/order.charged/
      """)

  @Argument(help: ArgumentHelp("Beginnings of topics.", valueName: "prefix"))
  var prefixes: [String] = []

  @Flag(help: "Read all past events from the logs first.")
  var all = false

  @Flag(help: "Print each event as a JSON object on a line.")
  var json = false

  @Flag(help: "Print the publishers' beats too. They are not counted.")
  var beats = false

  @Option(help: ArgumentHelp("End after so many events.", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("End after so long.", valueName: "seconds"))
  var timeout: Double?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The services to listen to.", valueName: "name"))
  var service = [Service.alpha.rawValue, Service.beta.rawValue, Service.charlie.rawValue]

  @Option(
    help: ArgumentHelp("Listen to this endpoint, to no service by name.", valueName: "endpoint"))
  var connect: [String] = []

  @Option(
    help: ArgumentHelp("Read this log, and no service's by name.", valueName: "endpoint"))
  var log: [String] = []

  @Option(help: ArgumentHelp("The folder of the sockets.", valueName: "dir"))
  var run: String?

  @Option(help: ArgumentHelp("The state folder of `up`.", valueName: "dir"))
  var state: String?

  func validate() throws {
    if let timeout { try validateTimeout(timeout) }
    if let count, count < 1 { throw ValidationError("--count \(count): choose 1 or more.") }
    if let long = prefixes.first(where: { $0.utf8.count > 255 }) {
      throw ValidationError("the prefix \(long) is longer than 255 bytes.")
    }
    if let name = service.first(where: { !isServiceName($0) }) {
      throw ValidationError("--service \(name): write a service's name, for example alpha.")
    }
    if run != nil && state != nil {
      throw ValidationError("--run and --state do not go together: --state DIR means DIR/run.")
    }
    if all && !connect.isEmpty && log.isEmpty {
      throw ValidationError("--all with --connect needs the log's endpoint too: --log ENDPOINT.")
    }
  }

  func perform() async throws {
    let folder = absolute(
      Folders.ofThisProcess.run(run, state: state), in: Folders.ofThisProcess.working)
    let sources = SniffSources(run: folder, services: service, events: connect, logs: log)
    if connect.isEmpty && log.isEmpty { try SocketFolder(folder).check(service) }
    let missing = try sources.missing(all: all)
    let printer = EventPrinter(
      prefixes: prefixes, form: json ? .json : .pretty, showsBeats: beats, limit: count)
    let sniff = Sniff(
      sources: sources, prefixes: prefixes, readsLogs: all, printer: printer,
      timeout: timeout.map { .seconds($0) }, missing: missing)
    try await sniff.run()
  }
}
