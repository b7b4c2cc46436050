import ArgumentParser
import Daemon

/// `eventually up`: the four daemons on this machine.
struct UpCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Start the four daemons on this machine, until Ctrl-C.",
    usage: "eventually up [<options>]",
    discussion: """
      Their log lines go to the standard error, with the service's name before them: local time, \
      level, message, and the ends of ids, which `trace` accepts. With --json, the daemons' lines \
      are on the standard output as they are, and all else is on the standard error. A daemon \
      that dies is restarted, except after exit code 78, which requires an operator. During the \
      start, exit code 78 ends all daemons; later the others continue without it. The exit code \
      of `up` is 78 then. Environment variables reach them: ALPHA_APPROVAL=automatic approves every order.

      Each reads config/SERVICE.yaml of the working directory, where there is one, or of an \
      installation.

      With --postgresql the journals are in databases of that server, alpha to overlord. With \
      --replicas 2 each service has two processes, whose folders and ports are its own: replica a \
      has the usual ports, replica b those that are ten higher. Any of them may be killed: another \
      does its work within six seconds.

      EXAMPLES
        eventually up
        eventually up --json --log-dir logs
        eventually up --replicas 2 --postgresql postgresql://postgres@127.0.0.1
        ALPHA_APPROVAL=automatic eventually up --state /tmp/second --port-base 4990
      """)

  @Option(
    help: ArgumentHelp(
      "The folder of the journals, and of the sockets in its folder run.", valueName: "dir"))
  var state = ".eventually"

  @Option(
    help: ArgumentHelp(
      "One less than the first HTTP port: Alpha, Beta, Charlie and Overlord get the four after it.",
      valueName: "port"))
  var portBase = Service.defaultPortBase

  @Flag(help: "Print the daemons' lines as they are, a JSON object on a line.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Append each service's lines to a file of this folder too; the files are not rotated.",
      valueName: "dir"))
  var logDir: String?

  @Option(
    help: ArgumentHelp(
      "How many processes of each service run, named a, b and so on; needs --postgresql.",
      valueName: "number"))
  var replicas: Int?

  @Option(
    help: ArgumentHelp(
      "The server of PostgreSQL for the journals: a database for each service, made if missing.",
      valueName: "url"))
  var postgresql: String?

  @Option(help: ArgumentHelp("Colour the lines: auto, always or never.", valueName: "when"))
  var color = ColorChoice.auto

  func validate() throws {
    try validatePortBase(portBase)
    guard let replicas else { return }
    guard postgresql != nil else {
      throw ValidationError(
        "--replicas: replicas share a database; name its server with --postgresql.")
    }
    guard (1...UpReplicas.limit).contains(replicas) else {
      throw ValidationError(
        "--replicas \(replicas): choose a number from 1 to \(UpReplicas.limit).")
    }
    try validatePortBase(portBase + UpReplicas.portsApart * (replicas - 1))
  }

  func perform() async throws {
    let plan = UpPlan(
      state: Folders.ofThisProcess.state(state), portBase: portBase,
      programs: try Installation.ofThisProcess(),
      replicas: postgresql.map { UpReplicas(count: replicas ?? 1, server: $0) })
    try plan.checkSockets()
    try plan.programs.checkDaemons()
    let lock = try plan.lockState()
    try plan.checkPorts()
    try plan.checkMoved()
    let databases = try plan.replicas?.makeDatabases() ?? [:]
    let log = try log(of: plan.members, in: .ofThisProcess)
    try await withProcessGroup { group in
      try await Supervision(plan: plan, databases: databases, group: group, log: log).run()
    }
    _ = consume lock
  }

  private func log(of members: [UpMember], in folders: Folders) throws -> UpLog {
    var log = UpLog()
    log.form.nameWidth = members.map { "\($0)".count }.max() ?? 0
    log.form.isColored = color.colors(log.notes, environment: folders.environment)
    if json { log.json = .streamedJSON }
    let reporting = log
    log.files = try logDir.map {
      try LogFiles(of: members, in: absolute($0, in: folders.working)) { level, sentence in
        reporting.report(level, sentence)
      }
    }
    return log
  }
}

/// Refuses a port base after which there are no four ports.
func validatePortBase(_ base: Int) throws {
  guard (0...65_531).contains(base) else {
    throw ValidationError("--port-base \(base): choose a number from 0 to 65531.")
  }
}
