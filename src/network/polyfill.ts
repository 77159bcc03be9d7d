/** libp2p 3 calls `Promise.withResolvers`, which Node 20 lacks. Imported before anything of libp2p. */
if (Promise.withResolvers === undefined) {
  Promise.withResolvers = <T>() => {
    let resolve: PromiseWithResolvers<T>['resolve'] = () => {}
    let reject: PromiseWithResolvers<T>['reject'] = () => {}
    const promise = new Promise<T>((onResolve, onReject) => {
      resolve = onResolve
      reject = onReject
    })
    return { promise, resolve, reject }
  }
}
