import Events
import FoundationEssentials
import Schema

/// An order as lines for a POSIX shell with curl and sed, the same as `order` does.
struct CurlScript: Hashable, Sendable {
  let wish: OrderWish
  let price: Money
  let alpha: ServiceAddress
  let beta: ServiceAddress

  var text: String {
    get throws {
      (opening + (try checkout) + knowing + (wish.approves ? approving : deciding))
        .joined(separator: "\n")
    }
  }

  private var opening: [String] {
    [
      "# \(wish.product.escapedForTerminal) for \(price): a cart, its quote, a checkout.",
      "ALPHA=\(alpha.description.quotedForShell)",
      "BETA=\(beta.description.quotedForShell)",
      "REQUEST=\(wish.requestID)",
      "",
      "# A cart with a quote: the promised fee and discount.",
      #"CART=$(curl -fsS --retry 30 --retry-delay 1 -X POST "$BETA/api/carts" \"#,
      #"  -H "X-Request-ID: $REQUEST" -H "Idempotency-Key: $REQUEST-cart")"#,
      #"printf '%s\n' "$CART""#,
      #"CART_ID=$(printf '%s' "$CART" | sed 's/"quote":.*//; s/.*"id":"\([^"]*\)".*/\1/')"#,
      #"QUOTE_ID=$(printf '%s' "$CART" | sed 's/.*"quote":{.*"id":"\([^"]*\)".*/\1/')"#,
      "",
    ]
  }

  private var checkout: [String] {
    get throws {
      let placeholder = "QUOTE-ID"
      let body = String(
        decoding: try wish.checkout(quote: placeholder, price: price), as: UTF8.self)
      // The shell puts the id in, between two quoted parts. The quote is the last member.
      let parts = body.split(separator: placeholder, maxSplits: 1).map(String.init)
      let data = parts.map(\.quotedForShell).joined(separator: #""$QUOTE_ID""#)
      return [
        "# The order. Sent twice, it is captured once: the key is the same.",
        #"ORDER=$(curl -sS -X POST "$BETA/api/carts/$CART_ID/checkout" \"#,
        #"  -H "X-Request-ID: $REQUEST" -H "Idempotency-Key: $REQUEST-checkout" \"#,
        #"  -H "Content-Type: application/json" \"#,
        "  -d \(data))",
        #"printf '%s\n' "$ORDER""#,
        #"ORDER_ID=$(printf '%s' "$ORDER" | sed 's/.*"orderId":"\([^"]*\)".*/\1/')"#,
        "",
      ]
    }
  }

  private var knowing: [String] {
    [
      "# Alpha receives it in a moment; until then it answers 404.",
      #"curl -fs --retry 30 --retry-delay 1 --retry-all-errors -w '\n' \"#,
      #"  "$ALPHA/api/orders/$ORDER_ID""#,
      "",
    ]
  }

  private static let approve = [
    #"curl -sS -X POST "$ALPHA/api/orders/$ORDER_ID/approve" \"#,
    #"  -H "X-Request-ID: $REQUEST" -w '\n'"#,
  ]

  private var approving: [String] {
    ["# Alpha approves it."] + Self.approve + [
      "",
      "# Charlie charges it, and Beta opens the cart again.",
      #"n=0"#,
      #"until curl -fsS "$BETA/api/carts/$CART_ID" | grep '"state":"open"'; do"#,
      #"  n=$((n + 1)); if [ $n -gt 30 ]; then break; fi; sleep 1"#,
      "done",
      "",
      "# Its outcome; this fails unless it was charged.",
      #"curl -sS "$ALPHA/api/orders/$ORDER_ID" | grep '"outcome":"charged"'"#,
    ]
  }

  private var deciding: [String] {
    ["# It waits to be approved, unless approvals are automatic:"]
      + Self.approve.map { "# \($0)" }
  }
}

extension String {
  /// The text as a shell takes it literally.
  var quotedForShell: String {
    "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
  }
  /// The text as a word of a command line for people: quoted only where it must be.
  var asShellWord: String {
    !isEmpty && allSatisfy(Self.plainInShell.contains) ? self : quotedForShell
  }

  private static let plainInShell =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@+%"
}
