# widget for 10.00 USD: a cart, its quote, a checkout.
ALPHA='http://127.0.0.1:3991'
BETA='http://127.0.0.1:3992'
REQUEST=0199e8a2-0000-7000-8000-000000000001

# A cart with a quote: the promised fee and discount.
CART=$(curl -fsS --retry 30 --retry-delay 1 -X POST "$BETA/api/carts" \
  -H "X-Request-ID: $REQUEST" -H "Idempotency-Key: $REQUEST-cart")
printf '%s\n' "$CART"
CART_ID=$(printf '%s' "$CART" | sed 's/"quote":.*//; s/.*"id":"\([^"]*\)".*/\1/')
QUOTE_ID=$(printf '%s' "$CART" | sed 's/.*"quote":{.*"id":"\([^"]*\)".*/\1/')

# The order. Sent twice, it is captured once: the key is the same.
ORDER=$(curl -sS -X POST "$BETA/api/carts/$CART_ID/checkout" \
  -H "X-Request-ID: $REQUEST" -H "Idempotency-Key: $REQUEST-checkout" \
  -H "Content-Type: application/json" \
  -d '{"price":{"amount":1000,"currency":"USD"},"product":"widget","quoteId":"'"$QUOTE_ID"'"}')
printf '%s\n' "$ORDER"
ORDER_ID=$(printf '%s' "$ORDER" | sed 's/.*"orderId":"\([^"]*\)".*/\1/')

# Alpha receives it in a moment; until then it answers 404.
curl -fs --retry 30 --retry-delay 1 --retry-all-errors -w '\n' \
  "$ALPHA/api/orders/$ORDER_ID"

# It waits to be approved, unless approvals are automatic:
# curl -sS -X POST "$ALPHA/api/orders/$ORDER_ID/approve" \
#   -H "X-Request-ID: $REQUEST" -w '\n'
