import { findsPlantedFaults } from './finds-planted-faults.js';

findsPlantedFaults({
  TrustsTheMedium: 'damaged',
  TrustsTheOrder: 'wrong-bytes',
  KeepsParts: 'link-cut',
  GivesUpOnLinks: 'upload-403',
  HandsOutDamage: 'damaged',
  LosesEvents: 'broken-connection',
  AcknowledgesFirst: 'restart-in-the-middle',
  ForgetsAfterRestart: 'restart-remembers',
  DiesOnRubbish: 'rubbish',
  Requeues: 'rubbish',
  OddTimes: 'well-formed',
  Anonymous: 'own-account',
  SpeaksForOthers: 'its-orders-only',
  AcceptsTheNextAttempt: 'its-orders-only',
  ChangesItsStory: 'one-end',
});
