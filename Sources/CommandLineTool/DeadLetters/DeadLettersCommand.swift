import ArgumentParser
import Daemon
import Events
import Runtime

/// `eventually dead-letters`: the deferred events of a service, and the actions on them.
struct DeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead-letters",
    abstract: "List the events that a service could not apply, and retry, edit or discard them.",
    discussion: """
      A dead letter holds back the later events of its subject, and nothing else. `retry` applies \
      it now; after a success, the events that it held back follow in order. `discard` abandons \
      it permanently. `edit` changes its data, for a later `retry`; money is never changed, and \
      the original event is kept. Each action is recorded, with the id of its request.

      A service is one of the four, or any service by its address, or by its run directory and \
      its name.

      EXAMPLES
        eventually dead-letters
        eventually dead-letters list alpha --each
        eventually dead-letters show alpha ID
        eventually dead-letters edit alpha ID --set product=widget
        eventually dead-letters retry alpha ID
        eventually dead-letters retry alpha --type order.captured --yes
        eventually dead-letters list http://127.0.0.1:4005
        eventually dead-letters list /run/eventually/warehouse
      """,
    subcommands: [List.self, Show.self, Retry.self, Discard.self, Edit.self],
    defaultSubcommand: List.self)

  struct List: ServiceCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the dead letters, grouped by service, event and reason, or each.",
      usage: "eventually dead-letters list [<service> ...] [<options>]",
      discussion: """
        Reasons that differ by ids and numbers alone are one group, in which <id> and <n> stand \
        for them. Below each group are its reason, a command that shows one of its events, and \
        one that retries all of them.

        With --json, each dead letter is an object, and with --grouped too each group.

        EXAMPLES
          eventually dead-letters list
          eventually dead-letters list alpha --each --type order.captured
          eventually dead-letters list alpha beta --all --json
          eventually dead-letters list --grouped --json
        """)

    @Argument(
      help: ArgumentHelp(
        "The services, by name or address; the four by default.", valueName: "service"))
    var services: [ServiceTarget] = []

    @Flag(help: "List waiting, retried and held back events too.")
    var all = false

    @Flag(help: "List each on a line, oldest first.")
    var each = false

    @Flag(help: "List groups, which is the default without --json.")
    var grouped = false

    @Flag(help: "Print each as a JSON object on a line.")
    var json = false

    @OptionGroup var selection: LetterSelection
    @OptionGroup var addresses: AddressOptions

    func validate() throws {
      if each && grouped {
        throw ValidationError("--each and --grouped do not go together: choose one.")
      }
    }

    func perform() async throws {
      var groups = LetterGroups()
      var away: [Failure] = []
      let targets = services.isEmpty ? Service.allCases.map(ServiceTarget.named) : services
      for target in targets {
        do {
          if try await list(target, into: &groups) == 0 { noteNone(of: target) }
        } catch let failure as Failure {
          away.append(failure)
        }
      }
      printGroups(groups)
      guard let worst = away.max(by: { $0.status.rawValue < $1.status.rawValue }) else { return }
      throw Failure(worst.status, away.map(\.description).joined(separator: "\n"))
    }

    private var showsGroups: Bool { grouped || !(each || json) }

    /// - Returns: the number of dead letters found.
    private func list(_ target: ServiceTarget, into groups: inout LetterGroups) async throws
      -> Int
    {
      var count = 0
      let name = "\(target)"
      try await DeadLetterDesk(target, at: addresses).each(all: all) { letter in
        let summary = LetterSummary(letter)
        guard selection.includes(summary) else { return }
        count += 1
        if showsGroups {
          groups.add(summary, of: name)
        } else if json {
          Output.data.line(letter.adding(["service": .string(name)]).jsonLine)
        } else {
          let prefix = services.count == 1 ? "" : "\(name)  "
          Output.data.line(prefix.escapedForTerminal + DeadLetterView(letter).line)
        }
      }
      return count
    }

    private func noteNone(of target: ServiceTarget) {
      let kind = all ? "deferred events" : "dead letters"
      let which = selection.isGiven ? " of this selection" : ""
      Output.notes.line("\(target) has no \(kind)\(which)".escapedForTerminal)
    }

    private func printGroups(_ groups: LetterGroups) {
      if json {
        for group in groups.groups { Output.data.line(group.jsonLine) }
      } else {
        let now = RuntimeContext.system.now()
        for line in groups.lines(at: now, options: addresses.repeated) { Output.data.line(line) }
      }
    }
  }

  struct Show: ServiceCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a dead letter with its event, its reason, and the actions on it.",
      usage: "eventually dead-letters show <service> <id> [<options>]",
      discussion: """
        EXAMPLES
          eventually dead-letters show alpha 0199e8a2-0000-7000-8000-000000000001
        """)

    @OptionGroup var letter: LetterOptions

    func perform() async throws {
      let document = try await letter.desk.letter(letter.id)
      if letter.json {
        Output.data.line(document.jsonLine)
      } else {
        for line in DeadLetterView(document).lines { Output.data.line(line) }
      }
    }
  }
}

/// Which dead letter of which service.
struct LetterOptions: ParsableArguments {
  @Argument(help: "The service, by name or address.")
  var service: ServiceTarget

  @Argument(help: "The dead letter's id, as the list shows it.")
  var id: String

  @Flag(help: "Print the answer as a JSON object on a line.")
  var json = false

  @OptionGroup var addresses: AddressOptions

  var desk: DeadLetterDesk {
    get async throws { try await DeadLetterDesk(service, at: addresses) }
  }
}

extension JSONValue {
  /// The object with more members; every other value as it is.
  func adding(_ members: [String: JSONValue]) -> JSONValue {
    guard case .object(let own) = self else { return self }
    return .object(own.merging(members) { own, _ in own })
  }
}
