import { findsPlantedFaults } from './finds-planted-faults.js';

findsPlantedFaults({
  NeverAnswers: 'stores',
  SaysNothingAtFirst: 'accepts',
  NeverAnswersRecalls: 'recalls',
  KeepsRemoved: 'removes',
  RemovesAnything: 'remove-other',
  MixesNames: 'names',
  AnswersDifferently: 'same-command-twice',
  DoesItAgain: 'same-command-twice',
  AnswersTheFirstAttempt: 'second-attempt',
  NoProgress: 'progress',
  SaysNothingWhileItWaits: 'waits',
  IgnoresCancel: 'cancel-in-the-middle',
  CancelsOneAttempt: 'cancel-all-attempts',
  ForgetsEarlyCancel: 'cancel-before-begin',
  CancelsWhatIsDone: 'cancel-after-the-end',
});
