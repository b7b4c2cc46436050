import ArgumentParser

/// `eventually up`: the four daemons on this machine.
struct UpCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Start the four daemons on this machine, until Ctrl-C.",
    discussion: """
      Their log lines go to the standard error, with the service's name before them. A daemon \
      that dies is restarted, except after exit code 78, which requires an operator. During the \
      start, exit code 78 ends all daemons; later the others continue without it. The exit code \
      of `up` is 78 then. Environment variables reach them: ALPHA_APPROVAL=automatic approves every order.

      Each reads config/SERVICE.yaml of the working directory, where there is one, or of an \
      installation.

      EXAMPLES
        eventually up
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

  func validate() throws {
    try validatePortBase(portBase)
  }

  func perform() async throws {
    let plan = UpPlan(
      state: Folders.ofThisProcess.state(state), portBase: portBase,
      programs: try Installation.ofThisProcess())
    try plan.checkSockets()
    try plan.programs.checkDaemons()
    let lock = try plan.lockState()
    try plan.checkPorts()
    try await withProcessGroup { group in
      try await Supervision(plan: plan, group: group).run()
    }
    _ = consume lock
  }
}

/// Refuses a port base after which there are no four ports.
func validatePortBase(_ base: Int) throws {
  guard (0...65_531).contains(base) else {
    throw ValidationError("--port-base \(base): choose a number from 0 to 65531.")
  }
}
