package io.polycall;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who a caller is, as far as somebody vouches for it.
 *
 * @param subject its certificate's subject, "CN=calc,O=example"; empty when there is no certificate
 * @param names over TLS the certificate's alternative names, each with its kind: "DNS:calc.example",
 *     "URI:spiffe://example/calc", "IP:10.0.0.7", "EMAIL:ada@example"; within a host "UID:1000",
 *     vouched for by the kernel
 */
public record Identity(Optional<String> subject, List<String> names) {
  /** Null: nobody vouches for the peer. The subject comes first, then the names. */
  static Optional<Identity> fromNative(Object[] texts) {
    if (texts == null) {
      return Optional.empty();
    }
    List<String> names = new ArrayList<>();
    for (int i = 1; i < texts.length; ++i) {
      names.add(Native.text((byte[]) texts[i]));
    }
    return Optional.of(
        new Identity(
            Optional.ofNullable((byte[]) texts[0]).map(Native::text), List.copyOf(names)));
  }
}
