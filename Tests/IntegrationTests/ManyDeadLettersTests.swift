import Foundation
import GRDB
import Testing

extension Stories {
  /// Dead letters by the hundred, and one field of one of them.
  @Suite("Many dead letters", .serialized, .timeLimit(.minutes(2)))
  struct ManyDeadLetters {
    /// The count is above a page of 500.
    private static let count = 504

    @Test
    func `more than a page are grouped, selected, retried and discarded`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let order = try await deployment.order(price: 100)
        try await deployment.finished(order)
        try await deployment.stop(.alpha)
        try Self.deferAgain(order, times: Self.count, in: deployment)
        try await deployment.start(.alpha)
        let options = try await deployment.addresses()

        let table = try await deployment.eventually(["dead-letters", "alpha"] + options)
        #expect(table.text.contains("order <id> was odd <n> times"), "\(table.text)")
        #expect(
          try Self.groups(table.text).map(\.count) == [Self.count - 1, 1], "\(table.text)")
        let list = try await deployment.eventually(["dead-letters", "list", "--json"] + options)
        #expect(list.objects.count == Self.count)
        #expect(Set(list.objects.map { $0["id"].text }).count == Self.count)
        #expect(Set(list.objects.map { $0["service"].text }) == ["alpha"])

        try await Self.refuseWithoutConsent(deployment, options)
        // An event that was applied is applied to no effect; the unreadable one stays.
        let retry = try await deployment.eventually(
          ["dead-letters", "retry", "alpha", "--all", "--yes", "--json"] + options, ends: 1)
        #expect(retry.objects.count == Self.count)
        #expect(retry.objects.count { $0["result"] == "done" } == Self.count - 1)
        #expect(
          retry.text.contains(
            "retry: \(Self.count - 1) done, 1 still deferred; alpha has 1 dead letter now"),
          "\(retry.lines.last?.text ?? "")")
        let declined = try await Self.discardAtTerminal(deployment, options, answer: "no", ends: 1)
        #expect(
          declined.contains("This will discard 1 dead letter of alpha. Type yes to continue:"))
        #expect(declined.contains("eventually: Nothing was done."), "\(declined)")
        let discard = try await Self.discardAtTerminal(deployment, options, answer: "yes", ends: 0)
        #expect(discard.contains("discard: 1 done; alpha has 0 dead letters now"), "\(discard)")
        let none = try await deployment.eventually(["dead-letters", "alpha"] + options)
        #expect(none.text == "alpha has no dead letters")
        try await deployment.eventually(
          ["dead-letters", "discard", "alpha", "--all"] + options)
      }
    }

    @Test
    func `one field is edited, the difference is shown, and money is refused`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        try await deployment.finished(try await deployment.order(price: 100))
        try await deployment.stop(.alpha)
        let order = try await deployment.order(price: 200)
        try deployment.killLetter(about: order)
        try await deployment.start(.alpha)
        // By its run directory, once by its address.
        let address = deployment.runFolder + "/alpha"
        let id = "0199e8a2-0000-7000-8000-000000000001"
        func edit(_ arguments: String..., ends status: Int32 = 0) async throws -> String {
          try await deployment.eventually(
            ["dead-letters", "edit", address, id] + arguments, ends: status
          ).text
        }

        let misspelt = try await edit("--set", "prodct=gadget", ends: 64)
        #expect(misspelt.contains("data.prodct: there is no such member. Did you mean product?"))
        let declined = try await Self.atTerminal(
          deployment, ["dead-letters", "edit", address, id, "--set", "product=gadget"],
          answer: "no", ends: 1)
        #expect(declined.contains("This will edit the dead letter \(id) of \(address)."))
        let dry = try await edit("--set", "product=gadget", "--dry-run")
        #expect(dry.contains("- data.product "), "\(dry)")
        #expect(dry.contains("+ data.product \"gadget\"\nnothing is sent: --dry-run"), "\(dry)")
        let money = try await edit("--set", "price.amount=1", ends: 1)
        #expect(money.contains("refused (422). The data changes an amount or a currency."))
        #expect(money.contains("The money: data.price.amount: 200 to 1"), "\(money)")
        let nowhere = try await edit("--set", "prize.amount=1", ends: 64)
        #expect(nowhere.contains("data.prize: there is no such member"), "\(nowhere)")
        let unread = try await edit("--set", "cartId=no-cart", ends: 1)
        #expect(unread.contains("refused (422). The event with this data cannot be read"))

        let done = try await edit("--set", "product=gadget")
        #expect(done.hasSuffix("edit: done"), "\(done)")
        #expect(try await edit("--set", "product=gadget") == "nothing differs: nothing is sent")
        try await deployment.eventually(
          ["dead-letters", "retry", try await deployment.http(.alpha).base, id])
        try await deployment.finished(order)
        #expect(try await deployment.alphaOrder(order)["product"] == "gadget")
      }
    }

    @Test
    func `the events of a subject are retried in order, whatever the order of their ids`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let order = try await deployment.order(price: 100)
        try await deployment.finished(order)
        try await deployment.stop(.alpha)
        try Self.deferAgain(order, times: 5, in: deployment)
        try await Self.put([1, 2], [3, 4, 5], of: order, underOneSubjectIn: deployment)
        try await deployment.start(.alpha)
        let options = try await deployment.addresses()
        func retry(_ indices: Int...) async throws -> Deployment.Said {
          try await deployment.eventually(
            ["dead-letters", "retry", "alpha"] + indices.map(Self.id) + ["--json"] + options)
        }

        let dead = try await retry(2, 1)
        #expect(dead.objects.map { $0["id"].text } == [1, 2].map(Self.id))
        #expect(dead.objects.map { $0["result"].text } == ["done", "done"])
        // Those that were held back follow the first without a retry of their own.
        let heldBack = try await retry(5, 4, 3)
        #expect(heldBack.objects.map { $0["id"].text } == [3, 4, 5].map(Self.id))
        #expect(heldBack.objects.map { $0["result"].text } == ["done", "followed", "followed"])
        #expect(heldBack.text.contains("retry: 1 done, 2 followed"), "\(heldBack.text)")
      }
    }

    // MARK: steps

    /// Gives the dead letters of each list one subject; all but the first of the second list were
    /// held back behind that.
    private static func put(
      _ dead: [Int], _ heldBack: [Int], of order: Order, underOneSubjectIn deployment: Deployment
    ) async throws {
      let alpha = try DatabaseQueue(path: deployment.journal(.alpha))
      try await alpha.write { database in
        for (subject, indices) in [("both-dead", dead), (order.id, heldBack)] {
          for index in indices {
            let isBehind = subject == order.id && index != indices.first
            let (header, body) = try numbered(index, in: database)
            try database.execute(
              sql: """
                UPDATE put_aside SET subject = ?, state = ?, header = ?, body = ? WHERE id = ?
                """,
              arguments: [subject, isBehind ? "behind" : "dead", header, body, id(index)])
          }
        }
      }
    }

    /// The header and the body with the sequence of their row, as a publisher makes them.
    private static func numbered(_ index: Int, in database: Database) throws -> (Data, Data) {
      let row = try #require(
        try Row.fetchOne(
          database, sql: "SELECT header, body FROM put_aside WHERE id = ?", arguments: [id(index)]))
      var header: Data = row["header"]
      let sequence = UInt64(1000 + index)
      withUnsafeBytes(of: sequence.bigEndian) { header.replaceSubrange(16..<24, with: $0) }
      let body = String(decoding: row["body"] as Data, as: UTF8.self)
        .replacing(
          #/"sequence":"\d{16}\d{4}"/#, with: "\"sequence\":\"0000000000000000\(sequence)\"")
      return (header, Data(body.utf8))
    }

    private static func id(_ index: Int) -> String {
      "0199e8a2-0000-7000-8000-\(String(100_000_000_000 + index))"
    }

    private static func refuseWithoutConsent(_ deployment: Deployment, _ options: [String])
      async throws
    {
      let refused = try await deployment.eventually(
        ["dead-letters", "discard", "alpha", "--reason", "order <id> was odd"] + options, ends: 64)
      #expect(
        refused.text.contains("This would discard \(count - 1) dead letters of alpha. Nothing"),
        "\(refused.text)")
    }

    /// Discards the unreadable one at a terminal that `script` makes.
    private static func discardAtTerminal(
      _ deployment: Deployment, _ options: [String], answer: String, ends status: Int32
    ) async throws -> String {
      try await atTerminal(
        deployment, ["dead-letters", "discard", "alpha", "--subject", "subject-7"] + options,
        answer: answer, ends: status)
    }

    private static func atTerminal(
      _ deployment: Deployment, _ arguments: [String], answer: String, ends status: Int32
    ) async throws -> String {
      let child = try deployment.shell(
        "echo \(answer) | script -qec \"$0 $*\" /dev/null",
        [try Programs.path("eventually")] + arguments)
      #expect(try await child.ending() == .exited(status))
      return child.lines.all.map(\.text).joined(separator: "\n")
    }

    /// The numbers of the table's rows.
    private static func groups(_ text: String) throws -> [(count: Int, event: String)] {
      text.split(separator: "\n").filter { $0.hasPrefix("alpha ") }.compactMap { row in
        let words = row.split(separator: " ")
        return Int(words[1]).map { ($0, String(words[4])) }
      }
    }

    /// Puts the capture of an order among Alpha's dead letters so many times, one of them unreadable.
    private static func deferAgain(_ order: Order, times: Int, in deployment: Deployment) throws {
      let beta = try DatabaseQueue(path: deployment.journal(.beta))
      let captured = try beta.read {
        try Row.fetchOne(
          $0, sql: "SELECT * FROM log WHERE topic LIKE 'beta/order.captured/%' LIMIT 1")
      }
      let row = try #require(captured)
      let alpha = try DatabaseQueue(path: deployment.journal(.alpha))
      try alpha.write { database in
        for index in 1...times {
          try database.execute(
            sql: """
              INSERT INTO put_aside (id, stream, sequence, subject, topic, header, body, state,
              reason, causes, attempts, at) VALUES (?, 'beta', ?, ?, ?, ?, ?, 'dead', ?, '[]', 1, ?)
              """,
            arguments: [
              id(index), 1000 + index,
              "subject-\(index)", row["topic"] as String, row["header"] as Data,
              index == 7 ? Data("no JSON".utf8) : row["body"] as Data,
              index == 7 ? "no JSON" : "order \(order.id) was odd \(index) times",
              1_763_872_860_000_000 + index * 1_000_000,
            ])
        }
      }
    }
  }
}
