import ArgumentParser
import Daemon
import Events
import Runtime

extension DeadLettersCommand {
  struct Retry: ServiceCommand {
    static let configuration = CommandConfiguration(
      abstract: "Apply dead letters now.",
      usage: "eventually dead-letters retry <service> [<id> ...] [<options>]",
      discussion: """
        The events of one subject are applied in their order. Where the first of them fails \
        again, the others of its subject are skipped. An event that was held back, and has \
        followed an earlier one, needs no retry of its own. A selection is counted first, and a \
        terminal asks; without a terminal, --yes is needed.

        The exit code is 0 when each is applied; 1 when one is not, with the reason; 69 when the \
        service cannot be reached; 75 when it did not answer in time.

        EXAMPLES
          eventually dead-letters retry alpha 0199e8a2-0000-7000-8000-000000000001
          eventually dead-letters retry alpha --type order.captured --reason odd
          eventually dead-letters retry alpha --all --yes
        """)

    @OptionGroup var letters: LettersOptions

    func perform() async throws {
      try await letters.act("retry")
    }
  }

  struct Discard: ServiceCommand {
    static let configuration = CommandConfiguration(
      abstract: "Discard dead letters permanently.",
      usage: "eventually dead-letters discard <service> [<id> ...] [<options>]",
      discussion: """
        A selection is counted first, and a terminal asks; without a terminal, --yes is needed.

        EXAMPLES
          eventually dead-letters discard alpha 0199e8a2-0000-7000-8000-000000000001
          eventually dead-letters discard alpha --stream beta --type order.captured
        """)

    @OptionGroup var letters: LettersOptions

    func perform() async throws {
      try await letters.act("discard")
    }
  }
}

/// Which dead letters of which service.
struct LettersOptions: ParsableArguments {
  @Argument(help: "The service, by name or address.")
  var service: ServiceTarget

  @Argument(help: ArgumentHelp("The ids, as the list shows them.", valueName: "id"))
  var ids: [String] = []

  @OptionGroup var selection: LetterSelection

  @Flag(help: "Every dead letter of the service.")
  var all = false

  @Flag(name: .shortAndLong, help: "Do not ask before a selection.")
  var yes = false

  @Flag(help: "Print each result as a JSON object on a line.")
  var json = false

  @OptionGroup var addresses: AddressOptions

  func validate() throws {
    let ways = [!ids.isEmpty, selection.isGiven, all].filter(\.self).count
    guard ways > 0 else {
      throw ValidationError(
        "Name dead letters by their ids, select them by --reason, --type, --stream or --subject, "
          + "or take --all.")
    }
    guard ways == 1 else {
      throw ValidationError("Ids, a selection and --all do not go together: choose one.")
    }
  }

  /// Performs an action on each, and prints the results.
  ///
  /// - Throws: ``Failure`` 1, when one of them is not done.
  func act(_ name: String) async throws {
    let desk = try await DeadLetterDesk(service, at: addresses)
    var letters = try await desk.letters(ids)
    if ids.isEmpty {
      letters = try await desk.letters(selection)
      guard !letters.isEmpty else {
        Output.notes.line("\(service) has no such dead letters: there is nothing to \(name)")
        return
      }
      try ask(to: name, about: letters)
    }
    let batch = try await perform(name, on: letters, at: desk)
    var summary = "\(name): \(batch.summary)"
    if ids.isEmpty {
      summary += "; \(service) has \(try await desk.count().deadLetters) now"
    }
    guard batch.isDone else { throw Failure(.refused, summary) }
    if ids.count != 1 { Output.notes.line(summary) }
  }

  private func ask(to name: String, about letters: [LetterSummary]) throws(Failure) {
    if !yes {
      var groups = LetterGroups()
      for letter in letters { groups.add(letter, of: "\(service)") }
      let now = RuntimeContext.system.now()
      for line in groups.lines(at: now, withCommands: false) { Output.notes.line(line) }
    }
    try Consent.ask(
      to: "\(name) \(Int64(letters.count).deadLetters) of \(service)", isGiven: yes)
  }

  private func perform(_ name: String, on letters: [LetterSummary], at desk: DeadLetterDesk)
    async throws -> LetterBatch
  {
    var batch = LetterBatch(letters)
    while let step = batch.next {
      switch step {
      case .skip(let letter, let first):
        batch.take(.skipped(behind: first))
        show(.skipped(behind: first), of: letter.id, by: name)
      case .act(let letter):
        do {
          let answer = try await desk.act(name, on: letter.id)
          let result = batch.result(of: name, answer: answer)
          batch.take(result)
          show(result, of: letter.id, by: name, answer: answer)
        } catch let failure as Failure {
          throw Failure(failure.status, "\(failure)\n\(name): \(batch.summary)")
        }
      }
    }
    return batch
  }

  private func show(
    _ result: LetterBatch.Result, of id: String, by name: String, answer: ServiceAnswer? = nil
  ) {
    guard json else {
      Output.data.line(result.line(id))
      return
    }
    var members: [String: JSONValue] = [
      "id": .string(id), "act": .string(name), "service": .string("\(service)"),
    ]
    let document = answer.flatMap { JSONValue($0.body) }
    switch result {
    case .done, .failed: members["result"] = document?["result"] ?? .string("done")
    case .followed(let first):
      members["result"] = .string("followed")
      members["followed"] = .string(first)
    case .refused: members["refused"] = document ?? .null
    case .skipped(let first): members["skippedBehind"] = .string(first)
    }
    let isRefused = answer.map { !(200..<300).contains($0.status) } ?? true
    let shown = isRefused ? .object(members) : (document ?? .object([:])).adding(members)
    Output.data.line(shown.jsonLine)
  }
}
