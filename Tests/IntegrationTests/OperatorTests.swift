import Foundation
import GRDB
import Testing

extension Stories {
  /// Consumers that are gone, dead letters, and how all is.
  @Suite("Operators", .serialized, .timeLimit(.minutes(1)))
  struct Operators {
    @Test
    func `a follower behind what is kept stops, names the command, and goes on from what is kept`()
      async throws
    {
      try await withDeployment(environment: .automatic) { deployment in
        // Nothing is kept longer than its followers need it.
        try await deployment.start(
          .alpha, environment: ["ALPHA_RETENTION_AGE": "0", "ALPHA_RETENTION_WATCHERS": ""])
        try await deployment.start(all: [.beta, .charlie, .overlord])
        let first = try await deployment.order(price: 100)
        try await deployment.finished(first)
        try await deployment.stop(.overlord)
        let second = try await deployment.order(price: 200)
        try await deployment.heard(.beta, "order.finalized applied", second)
        let count = deployment.lines(.alpha).count
        try await deployment.eventually(
          ["follow", "remove", "alpha", "overlord"] + deployment.addresses())
        try await deployment[.alpha].logged(
          "that it has pruned its log", after: count, within: .seconds(40)
        ) { $0.message.hasSuffix("left the log") }

        try deployment.launch(.overlord)
        try await deployment.obey(.overlord, about: .alpha, says: "behind-floor")
        let third = try await deployment.order(price: 300)
        try await deployment.heard(.overlord, "order.finalized applied", third)
        try await deployment.checkAgreement(on: [first, second, third])
        try await deployment.eventually(
          ["follow", "remove", "alpha", "nobody"] + deployment.addresses(), ends: 1)
      }
    }

    @Test
    func `a dead letter is listed, shown and retried, and its order goes on`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let first = try await deployment.order(price: 100)
        try await deployment.finished(first)
        try await deployment.stop(.alpha)
        let second = try await deployment.order(price: 200)
        try deployment.killLetter(about: second)
        try await deployment.start(.alpha)

        let options = try await deployment.addresses()
        try await deployment.eventually(["status"] + options, ends: 1)
        let list = try await deployment.eventually(
          ["dead-letters", "list", "alpha", "--json"] + options)
        #expect(list.objects.map { $0["subject"].text } == [second.id])
        let id = list.objects[0]["id"].text
        let shown = try await deployment.eventually(
          ["dead-letters", "show", "alpha", id] + options)
        #expect(shown.text.contains("the product is not sold any more"))
        let bad = #"{"orderId":"\#(second.id)"}"#
        let edit = try await deployment.eventually(
          ["dead-letters", "edit", "alpha", id, "--data", bad] + options, ends: 1)
        #expect(edit.text.contains("422"), "\(edit.text)")
        try await deployment.eventually(["dead-letters", "retry", "alpha", id] + options)
        try await deployment.finished(second)
        try await deployment.check([(first, .charged), (second, .charged)])
        let again = try await deployment.eventually(
          ["dead-letters", "retry", "alpha", id] + options, ends: 1)
        #expect(again.text.contains("not deferred any more: retry"), "\(again.text)")
        try await deployment.eventually(["status"] + options)
        try await deployment.stop(.charlie)
        try await deployment.eventually(["status"] + options, ends: 69)
      }
    }
  }
}
