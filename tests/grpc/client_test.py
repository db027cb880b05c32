"""What a client of gRPC's may do with PolyCall's server beside the cases of tests/interop: compress, ask
for its health, and for its services."""

import unittest

import grpc
from google.protobuf import descriptor_pb2

import peers  # before the generated modules, which it makes known
import messages_pb2
from test_pb2_grpc import TestServiceStub

# What Health answers: the first field of the message, the status SERVING.
_SERVING = b"\x08\x01"


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
    """The values of a message's bytes field. There is no generated code for the messages of health and
    reflection."""
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


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(peers.Server("cpp"))
        cls.channel = cls.enterClassContext(grpc.insecure_channel(
            cls.server.address, options=[("grpc.enable_http_proxy", 0)]))
        cls.stub = TestServiceStub(cls.channel)

    def test_compressed_requests_are_taken(self):
        for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate):
            answer = self.stub.UnaryCall(
                messages_pb2.SimpleRequest(payload=_payload(1_000_000), response_size=7),
                compression=compression, timeout=peers.PATIENCE)
            self.assertEqual(len(answer.payload.body), 7)

    def test_a_compressed_request_that_grows_above_the_limit_is_refused(self):
        with self.assertRaises(grpc.RpcError) as refused:
            self.stub.UnaryCall(messages_pb2.SimpleRequest(payload=_payload(100_000_000)),
                                compression=grpc.Compression.Gzip, timeout=peers.PATIENCE)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertIn("max_message_size", refused.exception.details())

    def test_health_is_checked_and_watched(self):
        request = _field(1, b"grpc.testing.TestService")
        check = self.channel.unary_unary("/grpc.health.v1.Health/Check")
        self.assertEqual(check(request, timeout=peers.PATIENCE), _SERVING)
        watch = self.channel.unary_stream("/grpc.health.v1.Health/Watch")
        stream = watch(request, timeout=peers.PATIENCE)
        self.assertEqual(next(stream), _SERVING)
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


if __name__ == "__main__":
    unittest.main()
