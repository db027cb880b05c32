package io.polycall;

import calc.v1.CalcAsyncService;
import calc.v1.CalcOuterClass.AddReply;
import calc.v1.CalcOuterClass.AddRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;

/** Calc with asynchronous handlers that go on on other threads. */
class AsyncCalc extends CalcAsyncService {
  private static final Executor ELSEWHERE = action -> new Thread(action).start();
  final CountDownLatch cancelled = new CountDownLatch(1);
  final CountDownLatch started = new CountDownLatch(1);

  @Override
  public CompletionStage<AddReply> add(AddRequest request, ServerContext context) {
    return CompletableFuture.supplyAsync(
        () ->
            CalcServer.reply(request.getA() + request.getB()).toBuilder()
                .setText(request.getText())
                .build(),
        ELSEWHERE);
  }

  @Override
  public CompletionStage<Void> count(
      AddRequest request, AsyncResponses<AddReply> responses, ServerContext context) {
    CompletableFuture<Void> sent = CompletableFuture.completedFuture(null);
    for (long i = 0; i < request.getA(); ++i) {
      long number = i;
      sent = sent.thenCompose(before -> responses.send(CalcServer.reply(number)));
    }
    return sent;
  }

  @Override
  public CompletionStage<AddReply> sum(AsyncRequests<AddRequest> requests, ServerContext context) {
    return sum(requests, 0);
  }

  private CompletionStage<AddReply> sum(AsyncRequests<AddRequest> requests, long before) {
    return requests
        .receive()
        .thenCompose(
            request ->
                request == null
                    ? CompletableFuture.completedFuture(CalcServer.reply(before))
                    : sum(requests, before + request.getA()));
  }

  @Override
  public CompletionStage<Void> chat(
      AsyncRequests<AddRequest> requests,
      AsyncResponses<AddReply> responses,
      ServerContext context) {
    return requests
        .receive()
        .thenCompose(
            request ->
                request == null
                    ? CompletableFuture.completedFuture(null)
                    : responses
                        .send(CalcServer.reply(request.getA() + request.getB()))
                        .thenCompose(sent -> chat(requests, responses, context)));
  }

  @Override
  public CompletionStage<AddReply> odd(AddRequest request, ServerContext context) {
    switch (request.getText()) {
      case "fail":
        return CompletableFuture.supplyAsync(
            () -> {
              throw new StatusException(StatusCode.ABORTED, "later");
            },
            ELSEWHERE);
      case "forget":
        return new CompletableFuture<>();
      case "wait":
        CompletableFuture<AddReply> future = new CompletableFuture<>();
        context.onCancel(
            () -> {
              cancelled.countDown();
              future.cancel(false);
            });
        started.countDown();
        return future;
      default:
        throw new IllegalArgumentException("no such job");
    }
  }
}
