"""Calls that end early, here and at the servers that they travel on to."""

from grpc import StatusCode

from context import (Context, call_empty, expect, expect_code, new_payload, wait_for_counter)
from messages_pb2 import ResponseParameters, StreamingOutputCallRequest
from polycall_test_pb2 import HopRequest
from streams import Duplex, Upload

CASES = ("cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server",
         "deadline_propagation", "cancel_propagation")


def cancel_after_begin(context: Context) -> None:
    with expect_code(StatusCode.CANCELLED):
        with Upload(context.test.StreamingInputCall) as stream:
            stream.cancel()
            stream.finish()
    call_empty(context)


def cancel_after_first_response(context: Context) -> None:
    with expect_code(StatusCode.CANCELLED):
        with Duplex(context.test.FullDuplexCall) as stream:
            stream.send(StreamingOutputCallRequest(
                response_parameters=[ResponseParameters(size=31415)], payload=new_payload(27182)))
            expect(stream.receive() is not None, "a response")
            stream.cancel()
            stream.rest()
    call_empty(context)


def timeout_on_sleeping_server(context: Context) -> None:
    with expect_code(StatusCode.DEADLINE_EXCEEDED):
        with Duplex(context.test.FullDuplexCall, timeout=0.001) as stream:
            stream.send(StreamingOutputCallRequest(payload=new_payload(27182)))
            stream.rest()
    call_empty(context)


def _one_hop(context: Context, key: str) -> HopRequest:
    return HopRequest(key=key, hops=1, target=context.target)


def deadline_propagation(context: Context) -> None:
    request = _one_hop(context, context.new_key("time_left"))
    left = context.own.GetTimeLeft(request, timeout=30)
    expect(left.has_deadline, "a deadline at the second server")
    expect(left.time_left_us > 0, "time left at the second server")
    # gRPC rounds up what is left of the 30 s.
    expect(left.time_left_us <= 31_000_000, "no more time left than the call began with")
    left = context.own.GetTimeLeft(request)
    expect(not left.has_deadline, "no deadline at the second server")

    key = context.new_key("deadline_propagation")
    with expect_code(StatusCode.DEADLINE_EXCEEDED):
        context.own.WaitForCancel(_one_hop(context, key), timeout=0.3)
    wait_for_counter(context, key, "cancelled", 1)


def cancel_propagation(context: Context) -> None:
    key = context.new_key("cancel_propagation")
    future = context.own.WaitForCancel.future(_one_hop(context, key))
    wait_for_counter(context, key, "started", 1)
    future.cancel()
    with expect_code(StatusCode.CANCELLED):
        future.result(timeout=30)
    wait_for_counter(context, key, "cancelled", 1)
