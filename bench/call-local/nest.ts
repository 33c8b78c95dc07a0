import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Command, CommandBus, CommandHandler, CqrsModule, type ICommandHandler } from '@nestjs/cqrs'
import { answerRunner } from '../harness/answer-runner.ts'
import { quote, timeCalls, type Quote } from './caller.ts'

// Decorators are applied as the functions that they are: the runtime strips types, it doesn't compile.
class QuoteCommand extends Command<Quote> {
  readonly sku: string
  readonly quantity: number

  constructor(sku: string, quantity: number) {
    super()
    this.sku = sku
    this.quantity = quantity
  }
}

class QuoteHandler implements ICommandHandler<QuoteCommand, Quote> {
  async execute(command: QuoteCommand): Promise<Quote> {
    return quote(command)
  }
}
CommandHandler(QuoteCommand)(QuoteHandler)

class PricesModule {}
Module({ imports: [CqrsModule.forRoot()], providers: [QuoteHandler] })(PricesModule)

const application = await NestFactory.createApplicationContext(PricesModule, { logger: false })
await application.init()
const bus = application.get(CommandBus)

answerRunner(
  {
    calls: (calls: number) =>
      timeCalls(({ sku, quantity }) => bus.execute(new QuoteCommand(sku, quantity)), calls),
  },
  () => application.close(),
)
