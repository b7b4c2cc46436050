/// What each kind of problem means, by the last part of its `type`, `urn:eventually:problem:KIND`.
enum ErrorKinds {
  /// A kind: the status of its response, what it means, and what helps.
  struct Kind: Encodable, Hashable, Sendable {
    let kind: String
    let status: Int
    let meaning: String
    let remedy: String
  }

  static let all = (orders + requests + conditions + connections + operators + journal).sorted {
    $0.kind < $1.kind
  }

  static func named(_ name: String) -> Kind? {
    let slug = name.split(separator: ":").last.map(String.init) ?? name
    return all.first { $0.kind == slug }
  }

  private static func kind(
    _ kind: String, status: Int, meaning: String, remedy: String
  ) -> Kind {
    Kind(kind: kind, status: status, meaning: meaning, remedy: remedy)
  }

  private static let orders = [
    kind(
      "no-settings", status: 503,
      meaning: "The service has no settings yet: an unknown fee is not none.",
      remedy: "Start Alpha; `eventually status` shows whether its stream is followed."),
    kind(
      "no-such-cart", status: 404, meaning: "Beta has no cart with this id.",
      remedy: "Open a cart with POST /api/carts, and use its id."),
    kind(
      "no-such-order", status: 404, meaning: "Alpha has no order with this id, or not yet.",
      remedy: "Use the id of a checkout; a captured order arrives within a second."),
    kind(
      "no-such-charge", status: 404, meaning: "Charlie has no charge with this id.",
      remedy: "Use an id of GET /api/charges."),
    kind(
      "order-in-flight", status: 409, meaning: "The cart has an order that is not finalized.",
      remedy: "Wait for its end, or open another cart."),
    kind(
      "order-decided", status: 409, meaning: "The opposite was decided about the order before.",
      remedy: "Read the order: a decision is final."),
    kind(
      "invalid-money", status: 422, meaning: "An amount is none, or not one of this currency.",
      remedy: "Write digits and a point, like 10.00."),
    kind(
      "money-changed", status: 422, meaning: "The edit of a dead letter would change money.",
      remedy: "Discard the letter, and capture another order."),
    kind(
      "stale-settings", status: 412, meaning: "The settings were changed since they were read.",
      remedy: "Read them again, and send their ETag in If-Match."),
  ]

  private static let requests = [
    kind(
      "malformed-request", status: 400,
      meaning: "The request is no HTTP/1.1 that this server reads.",
      remedy: "Send it with an HTTP client."),
    kind(
      "malformed-query", status: 400, meaning: "The query cannot be decoded.",
      remedy: "Encode it by percent signs, in UTF-8."),
    kind(
      "path", status: 400, meaning: "The path cannot be decoded.",
      remedy: "Encode it by percent signs, in UTF-8."),
    kind(
      "body-missing", status: 400, meaning: "The command needs a body, and there is none.",
      remedy: "Send JSON with Content-Type: application/json."),
    kind(
      "not-json", status: 400, meaning: "The body is not JSON by RFC 8259.",
      remedy: "The detail names the place: every name once, no trailing comma, UTF-8."),
    kind(
      "not-a-form", status: 400, meaning: "The body is no form.",
      remedy: "Send application/x-www-form-urlencoded."),
    kind(
      "invalid-field", status: 422, meaning: "A field is missing or wrong; `path` names it.",
      remedy: "Correct the field."),
    kind(
      "unknown-parameter", status: 422, meaning: "The query has a parameter that is not taken.",
      remedy: "The detail lists those that are."),
    kind(
      "position-ahead", status: 409,
      meaning: "A stream was asked to continue after an event that the service does not have.",
      remedy: "The journal was restored: read all again with after=0, or begin without a position."),
    kind(
      "position-pruned", status: 410,
      meaning: "A stream was asked to continue after an event whose successors are not kept.",
      remedy: "Read all that is kept with after=0, or begin without a position."),
    kind(
      "unreadable-data", status: 422, meaning: "Edited data is not data of its event.",
      remedy: "`eventually schema show TYPE` lists the fields."),
    kind(
      "no-such-path", status: 404, meaning: "Nothing has this path.",
      remedy: "Look at the service's page, or at the README."),
    kind(
      "not-found", status: 404, meaning: "Nothing has this id.",
      remedy: "Use an id that a list or an earlier response gave."),
    kind(
      "method-not-allowed", status: 405, meaning: "The path has no such method.",
      remedy: "The header Allow lists those that it has."),
    kind(
      "unexpected", status: 500, meaning: "The service failed in a way that was not foreseen.",
      remedy: "Search the log for the Request ID, and report it."),
  ]

  private static let conditions = [
    kind(
      "if-match-required", status: 428, meaning: "The command needs the state that was seen.",
      remedy: "Read the thing, and send its ETag in If-Match."),
    kind(
      "invalid-idempotency-key", status: 422,
      meaning: "The Idempotency-Key is empty, too long, or not visible ASCII.",
      remedy: "Send one key of 1 to 255 characters."),
    kind(
      "idempotency-key-reused", status: 422,
      meaning: "The key belongs to another command.", remedy: "Use a new key for each command."),
    kind(
      "foreign-origin", status: 403, meaning: "A page of another site has sent the command.",
      remedy: "Use the service's own page, or a client that is no browser."),
    kind(
      "operators-only", status: 403,
      meaning: "The command is for operators, and came over TCP, where any user can send it.",
      remedy: "Use `eventually follow` on the service's machine, as a member of the group."),
    kind(
      "not-an-operator", status: 403,
      meaning: "The user of the command is not root, the service's own, or in the group.",
      remedy: "Run it with sudo, or become a member of the run directory's group."),
    kind(
      "too-many-commands", status: 429, meaning: "More commands came than the rate allows.",
      remedy: "Wait as Retry-After says; the rate is a setting of the service."),
    kind(
      "stopping", status: 503,
      meaning: "The service stops, and only a part of the request had arrived after a second.",
      remedy: "Send the request again, with the same Idempotency-Key if it is a command."),
    kind(
      "given-up", status: 503, meaning: "The client had gone, or the service was stopping.",
      remedy: "Send the command again, with the same Idempotency-Key."),
    kind(
      "starting", status: 503, meaning: "The service is starting.",
      remedy: "Wait; /readyz names what it waits for."),
    kind(
      "disk-nearly-full", status: 503, meaning: "The disk has too little room for new things.",
      remedy: "Make room: what was begun goes on."),
  ]

  private static let connections = [
    kind(
      "header-too-large", status: 431, meaning: "The header is larger than is read.",
      remedy: "Send fewer or shorter fields."),
    kind(
      "body-too-large", status: 413, meaning: "The body is larger than is read.",
      remedy: "No command needs more than 64 KiB."),
    kind(
      "target-too-long", status: 414, meaning: "The path with its query is too long.",
      remedy: "Send a shorter query."),
    kind(
      "request-timeout", status: 408, meaning: "The request did not come whole in its time.",
      remedy: "Send it without pauses."),
    kind(
      "too-many-connections", status: 503, meaning: "There are more connections than are taken.",
      remedy: "Close those that are not used; the number is a setting."),
    kind(
      "too-many-streams", status: 503, meaning: "All places of open streams are taken.",
      remedy: "Close those that are not used; the number is a setting (http.streams)."),
    kind(
      "unsupported-media-type", status: 415, meaning: "The body's type is not read.",
      remedy: "Send application/json."),
    kind(
      "unsupported-content-coding", status: 415, meaning: "A compressed body is not read.",
      remedy: "Send it as it is."),
    kind(
      "unknown-transfer-coding", status: 501, meaning: "The transfer coding is not known.",
      remedy: "Send Content-Length, or chunks."),
    kind(
      "unknown-expectation", status: 417, meaning: "The field Expect has an unknown value.",
      remedy: "Send 100-continue, or none."),
    kind(
      "http-version", status: 505, meaning: "The version of HTTP is not read.",
      remedy: "Use HTTP/1.1."),
    kind(
      "tls-on-plain-port", status: 400, meaning: "The client speaks TLS to a port of plain HTTP.",
      remedy: "Write http:// for https://."),
    kind(
      "misdirected-request", status: 421, meaning: "The field Host names another host.",
      remedy: "Add the name to the service's http.names, where it is right."),
  ]

  private static let operators = [
    kind(
      "no-such-subscription", status: 404, meaning: "The service does not follow this stream.",
      remedy: "`eventually status` lists the streams."),
    kind(
      "not-stopped", status: 409, meaning: "The stream is not stopped: it goes on by itself.",
      remedy: "Nothing is to be done."),
    kind(
      "no-such-consumer", status: 404, meaning: "The log has no consumer of this name.",
      remedy: "`eventually lag` lists the consumers."),
    kind(
      "no-such-dead-letter", status: 404, meaning: "There is no dead letter with this id.",
      remedy: "`eventually dead-letters list SERVICE` lists them."),
    kind(
      "not-a-dead-letter", status: 409,
      meaning: "The event waits for another, and is no dead letter.",
      remedy: "Resolve the earlier event of its subject."),
    kind(
      "not-the-first", status: 409, meaning: "An earlier event of the subject comes first.",
      remedy: "Retry, edit or discard that one."),
    kind(
      "no-such-schema", status: 404, meaning: "No event has this name or version.",
      remedy: "`eventually schema list` lists them."),
    kind(
      "history-lost", status: 503, meaning: "The journal has lost a part of its history.",
      remedy: "Put the newer journal back, or: eventually restore SERVICE --accept"),
  ]

  private static let journal = [
    kind(
      "journal-locked", status: 503, meaning: "Another process holds a lock on the journal.",
      remedy: "The detail names it: stop it, if it keeps the lock."),
    kind(
      "disk-full", status: 503, meaning: "The disk of the journal is full.", remedy: "Make room."),
    kind(
      "disk-error", status: 503, meaning: "The disk reports an error; nothing was committed.",
      remedy: "Look at the disk and at the kernel's log."),
    kind(
      "no-descriptors", status: 503, meaning: "The process may open no more files.",
      remedy: "Raise LimitNOFILE."),
    kind(
      "no-memory", status: 503, meaning: "There is no memory.",
      remedy: "Free some, or raise MemoryMax."),
    kind(
      "database-away", status: 503, meaning: "The server of the journal's database is away.",
      remedy: "Start it, or check the network; the service connects again by itself."),
    kind(
      "no-connections", status: 503,
      meaning: "The server of the journal's database accepts no more connections.",
      remedy: "Raise its max_connections."),
    kind(
      "database-read-only", status: 503, meaning: "The journal's database takes no writes.",
      remedy: "Name the primary, or promote the standby."),
    kind(
      "outcome-unknown", status: 503,
      meaning: "The answer to a commit was lost; the service starts again.",
      remedy: "Send the command again, with the same Idempotency-Key."),
    kind(
      "journal-closed", status: 503, meaning: "The service was stopping.",
      remedy: "Send the command again."),
    kind(
      "journal-failed", status: 503, meaning: "The journal failed in a way that does not pass.",
      remedy: "Search the log for the Request ID; `eventually verify SERVICE` checks the journal."),
  ]
}
