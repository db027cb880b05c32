package io.polycall;

import calc.v1.CalcOuterClass.AddReply;
import calc.v1.CalcOuterClass.AddRequest;
import calc.v1.CalcService;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Calc with blocking handlers, and odd jobs by the text of the request. */
class BlockingCalc extends CalcService {
  final CountDownLatch started = new CountDownLatch(1);
  final CountDownLatch cancelled = new CountDownLatch(1);
  volatile AddRequest lastRequest;
  volatile ServerContext lastContext;

  @Override
  public AddReply add(AddRequest request, ServerContext context) {
    lastRequest = request;
    return AddReply.newBuilder()
        .setValue(request.getA() + request.getB())
        .setText(request.getText())
        .build();
  }

  @Override
  public void count(AddRequest request, Responses<AddReply> responses, ServerContext context) {
    for (long i = 0; i < request.getA(); ++i) {
      responses.send(CalcServer.reply(i));
    }
  }

  @Override
  public AddReply sum(Requests<AddRequest> requests, ServerContext context) {
    long sum = 0;
    for (AddRequest request : requests) {
      sum += request.getA();
    }
    return CalcServer.reply(sum);
  }

  @Override
  public void chat(
      Requests<AddRequest> requests, Responses<AddReply> responses, ServerContext context) {
    try {
      for (AddRequest request : requests) {
        started.countDown();
        responses.send(CalcServer.reply(request.getA() + request.getB()));
      }
    } catch (StatusException error) {
      cancelled.countDown();
      throw error;
    }
  }

  @Override
  public AddReply odd(AddRequest request, ServerContext context) throws Exception {
    lastContext = context;
    switch (request.getText()) {
      case "status":
        throw new StatusException(
            new Status(
                StatusCode.NOT_FOUND,
                "kein \u00fcbler \ud83d\ude08 Grund",
                com.google.protobuf.ByteString.copyFromUtf8("details")));
      case "throw":
        throw new IllegalStateException("this handler always fails");
      case "null":
        return null;
      case "overflow":
        return overflow(request, 0);
      case "memory":
        return memory();
      case "metadata":
        context.sendInitialMetadata(Metadata.of("x-initial", context.metadata().get("x-question")));
        context.setTrailingMetadata(new Metadata().add("x-trailing-bin", new byte[] {0, -1, 7}));
        return AddReply.getDefaultInstance();
      case "time":
        return CalcServer.reply(context.timeLeft().map(left -> left.toMillis()).orElse(-1L));
      case "peer":
        return AddReply.newBuilder()
            .setText(
                context.service() + "/" + context.method() + " " + context.transport() + " "
                    + context.peer())
            .build();
      case "wait":
        CountDownLatch gone = new CountDownLatch(1);
        context.onCancel(gone::countDown);
        started.countDown();
        if (gone.await(20, TimeUnit.SECONDS) && context.isCancelled()) {
          cancelled.countDown();
        }
        return AddReply.getDefaultInstance();
      default:
        throw new StatusException(StatusCode.INVALID_ARGUMENT, "no such job: " + request.getText());
    }
  }

  private AddReply overflow(AddRequest request, long depth) {
    return depth < 0 ? null : overflow(request, depth + 1);
  }

  private AddReply memory() {
    List<long[]> all = new ArrayList<>();
    for (; ; ) {
      all.add(new long[1 << 24]);
    }
  }
}
