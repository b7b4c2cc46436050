// The commands: `eventually up`, `eventually order` and so on, in one folder each.

public import ArgumentParser
public import Daemon
import Glibc
import Synchronization

/// The command `eventually`: runs the system on one machine, places orders, prints events, and
/// performs the decisions of an operator.
public struct Eventually: AsyncParsableCommand {
  /// The names and the help of the command.
  public static let configuration = CommandConfiguration(
    commandName: "eventually",
    abstract: "Runs an order system of four services without a broker, and looks into it.",
    discussion: """
      EXAMPLES
        Start everything on this machine, and stop it with Ctrl-C:
          eventually up
        Order something in another terminal, and approve it:
          eventually order widget 10.00 --approve
        Play the story of the system in five points:
          eventually demo --step
        Listen to every event, the past ones first:
          eventually sniff --all
        Show all that a request has caused:
          eventually trace REQUEST_ID
        Show the state of all services, and what requires an operator:
          eventually status
        List the events of the services:
          eventually schema list
        Write the package of a service of your own:
          eventually new service warehouse
        Copy a journal while its service runs:
          eventually backup beta beta-monday.sqlite
        Check a journal, in use or a copy:
          eventually verify beta

      EXIT CODES
        0 success, 1 refused or not fulfilled, 64 usage, 75 timed out,
        69 a service cannot be reached, 78 configuration.
      """,
    version: "eventually \(systemVersion)",
    subcommands: [
      UpCommand.self, OrderCommand.self, DemoCommand.self, StatusCommand.self, SniffCommand.self,
      ExpectCommand.self, TraceCommand.self, TopicsCommand.self, LagCommand.self,
      GapsCommand.self, RecordCommand.self, PlayCommand.self, DoctorCommand.self,
      ErrorsCommand.self,
      DeadLettersCommand.self, FollowCommand.self, BackupCommand.self, RestoreCommand.self,
      VerifyCommand.self, MoveCommand.self,
      SchemaCommand.self, NewCommand.self, BenchCommand.self,
    ])

  /// The command, before its arguments are parsed.
  public init() {}

  /// Runs the command line of this process to its end.
  ///
  /// A program's top-level code runs on the main actor; nothing of the commands does.
  ///
  /// - Parameter rooms: the services whose own rules `verify` checks, and whose tables `move` moves.
  @concurrent
  public static func start(checking rooms: [any Room.Type] = []) async {
    VerifyCommand.checks.withLock { checks in
      for room in rooms { checks[room.name] = room.checks }
    }
    MoveCommand.designs.withLock { designs in
      for room in rooms { designs[room.name] = RoomDesign(room) }
    }
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let message = unknownCommand(arguments) { refuse(message) }
    do {
      var command = try await asyncParseAsRoot(arguments)
      if var service = command as? any AsyncParsableCommand {
        try await service.run()
      } else {
        try command.run()
      }
    } catch {
      if let message = UsageMessage(error, arguments: arguments) { refuse(message) }
      Self.exit(withError: error)
    }
  }

  private static func refuse(_ message: UsageMessage) -> Never {
    for line in message.lines { Output.notes.line(line) }
    Self.exit(withError: ExitCode.validationFailure)
  }
}
