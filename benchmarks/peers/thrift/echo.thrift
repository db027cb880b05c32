// The message of echo.proto and its unary call.
namespace cpp thrift_echo

struct EchoMessage {
  1: binary payload
  2: i64 sequence
  3: i64 sent_at
  4: i64 tag
  5: i64 count
}

service EchoService {
  EchoMessage Echo(1: EchoMessage request)
}
