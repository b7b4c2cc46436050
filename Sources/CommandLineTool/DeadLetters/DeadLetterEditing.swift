import ArgumentParser
import Events
import FoundationEssentials

extension DeadLettersCommand {
  struct Edit: ServiceCommand {
    static let configuration = CommandConfiguration(
      abstract: "Change the data of a dead letter, for a later `retry`.",
      usage: "eventually dead-letters edit <service> <id> [<options>]",
      discussion: """
        The difference is printed before the service gets it. A value is JSON, or a text without \
        quotation marks; what replaces a text stays a text. The path begins inside of the \
        event's data, or with `data`. A new field is added only with --add. \
        Amounts and currencies are never changed. A terminal asks before the change is sent.

        The exit code is 0 when it is done, or nothing differs; 1 when the service refused, or \
        the answer at the terminal was not yes; 64 for a field that is not there.

        EXAMPLES
          eventually dead-letters edit alpha ID --set product=widget
          eventually dead-letters edit alpha ID --set data.promise=null --dry-run
          eventually dead-letters edit alpha ID --data {}
        """)

    @OptionGroup var letter: LetterOptions

    @Option(
      help: ArgumentHelp(
        "A field of the data and its new value; may be given several times.",
        valueName: "path=value"))
    var set: [DataEdit] = []

    @Option(help: ArgumentHelp("The whole data of the event, as JSON.", valueName: "json"))
    var data: String?

    @Flag(help: "Add the fields of --set that are not there.")
    var add = false

    @Flag(name: .shortAndLong, help: "Do not ask at a terminal.")
    var yes = false

    @Flag(help: "Print the difference, and change nothing.")
    var dryRun = false

    func validate() throws {
      guard set.isEmpty == (data != nil) else {
        throw ValidationError("Give the changes as --set PATH=VALUE, or the whole data as --data.")
      }
      if add && set.isEmpty { throw ValidationError("--add goes with --set PATH=VALUE.") }
      if let data, JSONValue(Data(data.utf8)) == nil {
        throw ValidationError("--data \(data.quoted(upTo: 40)) is not JSON.")
      }
    }

    func perform() async throws {
      let desk = try await letter.desk
      let document = try await desk.letter(letter.id)
      guard let before = document["event"]?["data"] else {
        throw Failure(
          .refused, "the event of \(letter.id) is no JSON object with data: it can be discarded.")
      }
      let after = try changed(before)
      let difference = DataDifference(from: before, to: after)
      show(difference)
      guard !difference.changes.isEmpty, !dryRun else { return }
      try Consent.askAtTerminal(
        to: "edit the dead letter \(letter.id) of \(letter.service)", isGiven: yes)
      let answer = try await desk.act("edit", on: letter.id, body: .object(["data": after]))
      do {
        let result = try OperatorRequest.document(of: answer, from: "\(letter.service)")
        Output.data.line(letter.json ? result.jsonLine : "edit: done")
      } catch {
        throw naming(difference, in: error, answer: answer)
      }
    }

    private func changed(_ data: JSONValue) throws(Failure) -> JSONValue {
      if let text = self.data { return JSONValue(Data(text.utf8)) ?? .null }
      do {
        return try set.reduce(data) { data, edit in try edit.applied(to: data, mayAdd: add) }
      } catch {
        throw Failure(.usage, "--set \(error)")
      }
    }

    private func show(_ difference: DataDifference) {
      let output = letter.json ? Output.notes : .data
      let isColored = ColorChoice.auto.colors(
        output, environment: ProcessInfo.processInfo.environment)
      for line in difference.lines(isColored: isColored) { output.line(line) }
      for path in difference.emptied {
        Output.notes.line("\(path) becomes an empty text".escapedForTerminal)
      }
      if difference.changes.isEmpty { Output.notes.line("nothing differs: nothing is sent") }
      if dryRun { Output.notes.line("nothing is sent: --dry-run") }
    }

    /// The refusal of the service, with the fields that it is about.
    private func naming(
      _ difference: DataDifference, in failure: Failure, answer: ServiceAnswer
    ) -> Failure {
      let type = JSONValue(answer.body)?["type"]?.string
      guard type?.hasSuffix(":money-changed") == true else { return failure }
      return Failure(failure.status, "\(failure)\nThe money: \(difference.money)")
    }
  }
}
