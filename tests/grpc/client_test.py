"""A client of gRPC's calls PolyCall's server."""

import unittest

import grpc
from google.protobuf import descriptor_pb2

import peers
from peers import messages_pb2


def _payload(size: int):
    return messages_pb2.Payload(body=bytes(size))


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _fields(message: bytes, number: int) -> list[bytes]:
    """The values of a message's bytes field. There is no generated code for reflection's messages."""
    at, found = 0, []

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            varint()
            continue
        size = varint()
        if key >> 3 == number:
            found.append(message[at:at + size])
        at += size
    return found


def check_calls(test, stub):
    """All four kinds, and metadata both ways."""
    test.assertEqual(stub.EmptyCall(peers.Empty(), timeout=peers.PATIENCE), peers.Empty())
    answer, call = stub.UnaryCall.with_call(
        messages_pb2.SimpleRequest(payload=_payload(271828), response_size=314159),
        timeout=peers.PATIENCE,
        metadata=[(peers.INITIAL_KEY, "hello"), (peers.TRAILING_KEY, b"\xab\x00\xff")])
    test.assertEqual(len(answer.payload.body), 314159)
    test.assertIn((peers.INITIAL_KEY, "hello"), list(call.initial_metadata()))
    test.assertIn((peers.TRAILING_KEY, b"\xab\x00\xff"), list(call.trailing_metadata()))
    sizes = [27182, 8, 1828, 45904]
    total = stub.StreamingInputCall(
        (messages_pb2.StreamingInputCallRequest(payload=_payload(size)) for size in sizes),
        timeout=peers.PATIENCE)
    test.assertEqual(total.aggregated_payload_size, sum(sizes))
    wanted = messages_pb2.StreamingOutputCallRequest(
        response_parameters=[{"size": size} for size in sizes])
    test.assertEqual([len(answer.payload.body) for answer in stub.StreamingOutputCall(
        wanted, timeout=peers.PATIENCE)], sizes)
    requests = (messages_pb2.StreamingOutputCallRequest(response_parameters=[{"size": size}])
                for size in sizes)
    test.assertEqual([len(answer.payload.body) for answer in stub.FullDuplexCall(
        requests, timeout=peers.PATIENCE)], sizes)


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(peers.PolyCallServer())
        cls.channel = cls.enterClassContext(grpc.insecure_channel(cls.server.address))
        cls.stub = peers.Stub(cls.channel)

    def refused(self, function, *arguments, **named) -> grpc.RpcError:
        with self.assertRaises(grpc.RpcError) as caught:
            function(*arguments, **named)
        return caught.exception

    def test_all_four_kinds_of_calls_are_answered_and_carry_metadata(self):
        check_calls(self, self.stub)

    def test_a_status_comes_with_its_message(self):
        text = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
        error = self.refused(self.stub.UnaryCall, messages_pb2.SimpleRequest(
            response_status={"code": 2, "message": text}), timeout=peers.PATIENCE)
        self.assertEqual(error.code(), grpc.StatusCode.UNKNOWN)
        self.assertEqual(error.details(), text)

    def test_what_the_server_lacks_is_unimplemented(self):
        error = self.refused(self.stub.UnimplementedCall, peers.Empty(), timeout=peers.PATIENCE)
        self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_a_deadline_ends_a_call(self):
        error = self.refused(lambda: list(self.stub.StreamingOutputCall(
            messages_pb2.StreamingOutputCallRequest(
                response_parameters=[{"size": 1, "interval_us": 5_000_000}]), timeout=0.2)))
        self.assertEqual(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)

    def test_a_cancelled_stream_is_cancelled(self):
        stream = self.stub.StreamingOutputCall(messages_pb2.StreamingOutputCallRequest(
            response_parameters=[{"size": 1}] * 1000), timeout=peers.PATIENCE)
        next(stream)
        stream.cancel()
        self.assertEqual(stream.code(), grpc.StatusCode.CANCELLED)

    def test_compressed_requests_are_taken(self):
        for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate):
            answer = self.stub.UnaryCall(
                messages_pb2.SimpleRequest(payload=_payload(1_000_000), response_size=7),
                compression=compression, timeout=peers.PATIENCE)
            self.assertEqual(len(answer.payload.body), 7)

    def test_a_compressed_request_that_grows_above_the_limit_is_refused(self):
        error = self.refused(
            self.stub.UnaryCall, messages_pb2.SimpleRequest(payload=_payload(100_000_000)),
            compression=grpc.Compression.Gzip, timeout=peers.PATIENCE)
        self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertIn("max_message_size", error.details())

    def test_health_is_checked_and_watched(self):
        request = peers.health_pb2.HealthCheckRequest(service="grpc.testing.TestService")
        ends = {"request_serializer": type(request).SerializeToString,
                "response_deserializer": peers.health_pb2.HealthCheckResponse.FromString}
        check = self.channel.unary_unary("/grpc.health.v1.Health/Check", **ends)
        self.assertEqual(check(request, timeout=peers.PATIENCE).status, 1)
        watch = self.channel.unary_stream("/grpc.health.v1.Health/Watch", **ends)
        stream = watch(request, timeout=peers.PATIENCE)
        self.assertEqual(next(stream).status, 1)
        stream.cancel()

    def test_reflection_tells_of_the_services(self):
        for version in ("v1", "v1alpha"):
            info = self.channel.stream_stream(
                f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo")
            listed, described = info(
                iter([_field(7, b""), _field(4, b"grpc.testing.TestService")]),
                timeout=peers.PATIENCE)
            services = [_fields(entry, 1)[0].decode()
                        for entry in _fields(_fields(listed, 6)[0], 1)]
            self.assertIn("grpc.testing.TestService", services)
            self.assertIn(f"grpc.reflection.{version}.ServerReflection", services)
            files = [descriptor_pb2.FileDescriptorProto.FromString(file)
                     for file in _fields(_fields(described, 4)[0], 1)]
            methods = [method.name for file in files for service in file.service
                       for method in service.method]
            self.assertIn("FullDuplexCall", methods)
            self.assertTrue(any(file.message_type for file in files))


class LanguagesTest(unittest.TestCase):
    def test_the_servers_of_every_language_answer(self):
        for language in peers.LANGUAGES:
            with self.subTest(language), peers.PolyCallServer(language) as server, \
                    grpc.insecure_channel(server.address) as channel:
                check_calls(self, peers.Stub(channel))


if __name__ == "__main__":
    unittest.main()
