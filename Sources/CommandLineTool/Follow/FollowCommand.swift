import ArgumentParser
import Events

/// `eventually follow`: decides about streams that are stopped, and followers that are gone.
struct FollowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "follow",
    abstract: "Make a service take a stream's present history, or stop waiting for a consumer.",
    discussion: """
      A service takes these commands on a socket of its run directory, RUN/NAME.operator: run them on \
      its machine, as root or as a member of the directory's group.

      EXAMPLES
        eventually follow reset charlie alpha
        eventually follow remove alpha warehouse
      """,
    subcommands: [Reset.self, Remove.self])

  struct Reset: ServiceCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a service read a stopped stream again, from its start.",
      usage: "eventually follow reset <service> <stream> [<options>]",
      discussion: """
        The service reads all events again that the stream's publisher keeps; an event that was \
        applied before changes nothing. The command is for a stopped stream, and is refused for \
        one that continues automatically.

        The exit code is 0 when it is done; 1 when the service refused; 69 when it cannot be \
        reached; 75 when it did not answer in time.

        EXAMPLES
          eventually follow reset charlie alpha
          eventually follow reset run/delta alpha
        """)

    @Argument(help: "The service that follows, by name or address.")
    var service: ServiceTarget

    @Argument(help: "The stream: the name of the service that publishes it.")
    var stream: String

    @Flag(help: "Print the answer as a JSON object on a line.")
    var json = false

    @OptionGroup var place: OperatorOptions

    func perform() async throws {
      let inquiry = OperatorRequest(try await place.client(service))
      let answer = try await inquiry.post("/api/subscriptions/\(stream.inPath)/reset")
      let left = answer["previousCursor"]?.whole ?? 0
      Output.data.line(
        json
          ? answer.jsonLine : "\(service) reads \(stream) from its start: its cursor was at \(left)"
      )
    }
  }

  struct Remove: ServiceCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a stream's publisher stop waiting for a consumer that never comes back.",
      usage: "eventually follow remove <stream> <consumer> [<options>]",
      discussion: """
        Events that the publisher kept for that consumer alone are removed in time. If the \
        consumer comes back, it may be behind the floor of the log, and its acknowledgements are \
        refused. The publisher's next start registers it again, unless it is removed from \
        STREAM.consumers.

        The exit code is 0 when it is done; 1 when there is no such consumer; 69 when the \
        publisher cannot be reached; 75 when it did not answer in time.

        EXAMPLES
          eventually follow remove alpha warehouse
        """)

    @Argument(help: "The stream: the service that publishes it, by name or address.")
    var stream: ServiceTarget

    @Argument(help: "The consumer, as `eventually status` names it.")
    var consumer: String

    @Flag(help: "Print the answer as a JSON object on a line.")
    var json = false

    @OptionGroup var place: OperatorOptions

    func perform() async throws {
      let inquiry = OperatorRequest(try await place.client(stream))
      let answer = try await inquiry.delete("/api/consumers/\(consumer.inPath)")
      let cursor = answer["cursor"]?.whole ?? 0
      Output.data.line(
        json
          ? answer.jsonLine
          : "\(stream) keeps nothing for \(consumer) any more: it had acknowledged \(cursor)")
    }
  }
}

extension JSONValue {
  /// A whole number; nil for every other value.
  var whole: Int64? {
    if case .integer(let number) = self { number } else { nil }
  }

  /// The items of an array; none for every other value.
  var items: [JSONValue] {
    if case .array(let items) = self { items } else { [] }
  }
}
