import ArgumentParser
import Events
import FoundationEssentials

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

      EXAMPLES
        eventually dead-letters list alpha
        eventually dead-letters show alpha ID
        eventually dead-letters retry alpha ID
        eventually dead-letters edit alpha ID --data '{"orderId":"..."}'
      """,
    subcommands: [List.self, Show.self, Retry.self, Discard.self, Edit.self])

  struct List: ServiceCommand {
    static let configuration = CommandConfiguration(
      abstract: "List a service's dead letters, oldest first.",
      discussion: """
        EXAMPLES
          eventually dead-letters list alpha
          eventually dead-letters list alpha --all --json
        """)

    @Argument(help: "The service.")
    var service: Service

    @Flag(help: "List waiting, retried and held back events too.")
    var all = false

    @Flag(help: "Print each as a JSON object on a line.")
    var json = false

    @OptionGroup var addresses: AddressOptions

    func perform() async throws {
      let inquiry = OperatorRequest(try addresses.client(service))
      var after = ""
      var count = 0
      while true {
        let path = "/api/dead-letters?limit=500\(all ? "&state=all" : "")\(after)"
        let page = try await inquiry.get(path)
        for letter in page["deadLetters"]?.items ?? [] {
          Output.data.line(json ? letter.jsonLine : DeadLetterView(letter).line)
          count += 1
        }
        guard let next = page["next"]?.string else { break }
        after = "&after=\(next.inPath)"
      }
      if count == 0 {
        Output.notes.line("\(service) has \(all ? "no deferred events" : "no dead letters")")
      }
    }
  }

  struct Show: ServiceCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a dead letter with its event, its reason, and the actions on it.",
      discussion: """
        EXAMPLES
          eventually dead-letters show alpha 0199e8a2-0000-7000-8000-000000000001
        """)

    @OptionGroup var letter: LetterOptions

    func perform() async throws {
      let document = try await letter.inquiry.get(letter.path)
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
  @Argument(help: "The service.")
  var service: Service

  @Argument(help: "The dead letter's id, as the list shows it.")
  var id: String

  @Flag(help: "Print the answer as a JSON object on a line.")
  var json = false

  @OptionGroup var addresses: AddressOptions

  var path: String { "/api/dead-letters/\(id.inPath)" }

  var inquiry: OperatorRequest {
    get throws { OperatorRequest(try addresses.client(service)) }
  }

  /// Performs an action on it, and prints the result.
  ///
  /// - Throws: ``Failure`` 1, when the result is not `done`.
  func act(_ name: String, body: JSONValue? = nil) async throws {
    let answer = try await inquiry.post("\(path)/\(name)", body: body)
    let result = answer["result"]?.string ?? "done"
    Output.data.line(json ? answer.jsonLine : "\(name): \(result)".escapedForTerminal)
    if result != "done" { throw Failure(.refused, "\(id) stays deferred") }
  }
}

extension DeadLettersCommand {
  struct Retry: ServiceCommand {
    static let configuration = CommandConfiguration(
      abstract: "Apply a dead letter now.",
      discussion: """
        The exit code is 0 when it is applied; 1 when it is not, with the reason.

        EXAMPLES
          eventually dead-letters retry alpha 0199e8a2-0000-7000-8000-000000000001
        """)

    @OptionGroup var letter: LetterOptions

    func perform() async throws {
      try await letter.act("retry")
    }
  }

  struct Discard: ServiceCommand {
    static let configuration = CommandConfiguration(
      abstract: "Discard a dead letter permanently.",
      discussion: """
        EXAMPLES
          eventually dead-letters discard alpha 0199e8a2-0000-7000-8000-000000000001
        """)

    @OptionGroup var letter: LetterOptions

    func perform() async throws {
      try await letter.act("discard")
    }
  }

  struct Edit: ServiceCommand {
    static let configuration = CommandConfiguration(
      abstract: "Change the data of a dead letter, for a later `retry`.",
      discussion: """
        EXAMPLES
          eventually dead-letters edit alpha ID --data '{"orderId":"...","reason":"none"}'
        """)

    @OptionGroup var letter: LetterOptions

    @Option(help: ArgumentHelp("The whole data of the event, as JSON.", valueName: "json"))
    var data: String

    func validate() throws {
      guard JSONValue(Data(data.utf8)) != nil else {
        throw ValidationError("--data is not JSON.")
      }
    }

    func perform() async throws {
      let data = JSONValue(Data(data.utf8)) ?? .null
      try await letter.act("edit", body: .object(["data": data]))
    }
  }
}
