package io.polycall;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;

/** How a server runs one method. Any thread, many calls at once. */
abstract class MethodHandler<Q extends MessageLite, R extends MessageLite> {
  /** The call is finished, or will be: nothing is left to native code. */
  static final int FINISHED = -1;

  final MethodDescriptor<Q, R> method;
  final String label;
  final boolean asynchronous;

  MethodHandler(String service, MethodDescriptor<Q, R> method, boolean asynchronous) {
    this.method = method;
    this.label = service + "." + method.name;
    this.asynchronous = asynchronous;
  }

  /**
   * Runs the handler. Returns FINISHED, or the size of an OK response that is in the slot and with
   * which native code is to finish.
   */
  final int handle(long pointer, UpcallSlot slot, int size, Object large) {
    ServerCall call = new ServerCall(pointer, label);
    try {
      return run(new ServerContext(call), slot, size, large);
    } catch (Throwable error) {
      call.fail(error);
      return FINISHED;
    }
  }

  abstract int run(ServerContext context, UpcallSlot slot, int size, Object large)
      throws Exception;

  final Q request(ServerCall call, UpcallSlot slot, int size, Object large) {
    try {
      return slot.read(size, large, method.request);
    } catch (InvalidProtocolBufferException error) {
      throw badRequest(call, method.request, error);
    }
  }

  static StatusException badRequest(ServerCall call, MessageClass<?> type, Throwable cause) {
    StatusException error =
        new StatusException(
            StatusCode.INVALID_ARGUMENT,
            "the request of " + call.label + " is no valid " + type.name);
    error.initCause(cause);
    return error;
  }

  final R checked(R response) {
    if (response == null) {
      throw new StatusException(
          StatusCode.INTERNAL, "the handler of " + label + " returned null");
    }
    if (!response.isInitialized()) {
      throw new StatusException(
          StatusCode.INTERNAL, "the response of " + label + " lacks a required field");
    }
    return response;
  }

  /** Finishes on a thread that may be any. */
  final void finish(ServerCall call, R response, boolean asObject) {
    if (asObject) {
      call.finishWithObject(response, method.response);
    } else {
      call.finish(response);
    }
  }
}
