@0xb2f5a1c07d3e4a11;
# The message of echo.proto and its unary call.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("capnp_echo");

struct EchoMessage {
  payload @0 :Data;
  sequence @1 :Int64;
  sentAt @2 :Int64;
  tag @3 :Int64;
  count @4 :Int64;
}

interface EchoService {
  echo @0 (request :EchoMessage) -> (response :EchoMessage);
}
